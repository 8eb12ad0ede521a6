#include "proxy/session.h"

#include <algorithm>

#include "metrics/log.h"
#include "proxy/fan_out.h"
#include "proxy/pubsub/subscriber.h"
#include "proxy/router.h"
#include "proxy/tracking.h"
#include "proxy/transaction.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// Before the first replies have told better, a session asks for so many requests ahead.
constexpr size_t kFirstAhead = 16;
constexpr size_t kSmallestExpectedReply = 64;
// A session that has more than this many times output_buffer unsent, because the replies were far
// larger than those before, is closed: the shards' replies to others are not kept waiting for it.
constexpr size_t kOutputLimitFactor = 4;
constexpr uint16_t kLargeStay = 16;        // small commands until large traffic counts as over
constexpr size_t kGuestOutput = 8 * 1024;  // unread reply bytes before authentication

}  // namespace

Session::Session(Worker& worker, Pool& pool, uint64_t id)
    : worker_(worker),
      pool_(pool),
      id_(id),
      created_ms_(worker.loop().now_ms()),
      expected_reply_(pool.settings().limits.output_buffer / kFirstAhead),
      close_reason_(metrics::CloseReason::kError) {
  log_out();
}

// ---- who it is

void Session::let_in(const Users& users, Login login) {
  login_ = login;
  access_ = login.is_nobody()          ? Access::kNone
            : users.is_readonly(login) ? Access::kReadonly
                                       : Access::kAll;
  update_guard();
}

bool Session::log_in(std::string_view user, std::string_view password) {
  const Users& users = pool_.settings().users;
  const std::optional<Login> login = users.check(user, password);
  if (login) let_in(users, *login);
  return login.has_value();
}

void Session::log_out() { let_in(pool_.settings().users, pool_.settings().users.initial()); }

void Session::change_settings(const Users& next) {
  leave_ordinary();
  let_in(next, next.carry_over(pool_.settings().users, login_));
}

Session::~Session() = default;

const wire::RequestLimits& Session::limits() const {
  return may_ask() ? pool_.settings().request_limits : pool_.settings().guest_limits;
}

// ---- input

inline bool Session::has_room() const {
  const config::Limits& limits = pool_.settings().limits;
  const size_t bytes = connection_->out().size() + early_bytes_;
  if (queue_.empty()) return bytes < limits.output_buffer;
  return queue_.size() < limits.pending_requests &&
         bytes + queue_.size() * expected_reply_ < limits.output_buffer;
}

size_t Session::on_input(const wire::Input& input) {
  worker_.read_clock();
  if (is_blocked() || (held_ == Held::kByRouter && is_paused())) [[unlikely]] {
    // Reads on, within bounds, to see the end of a client that gives up.
    if (input.bytes.size() >= pool_.settings().limits.output_buffer) {
      close(metrics::CloseReason::kOutputLimit);
    }
    return 0;
  }
  worker_.metrics().clients.bytes_in.add(connection_->bytes_read() - counted_read_);
  counted_read_ = connection_->bytes_read();
  std::string_view rest = input.bytes;
  bool incomplete = false;
  while (!rest.empty() && !finishing_ && !is_blocked()) {
    if (!has_room()) [[unlikely]] {
      connection_->pause_reading();
      break;
    }
    wire::Request& request = worker_.parsed();
    size_t taken = 0;
    const auto status = parser_.parse(rest, limits(), request, taken);
    if (status == wire::RequestParser::Status::kNeedMore) {
      incomplete = true;
      break;
    }
    if (status == wire::RequestParser::Status::kError) {
      protocol_error(parser_.error());
      break;
    }
    if (status == wire::RequestParser::Status::kCommand) {
      const Routed routed = route(*this, request, input.block);
      if (routed != Routed::kDone) [[unlikely]] {
        held_ = routed == Routed::kHold ? Held::kByRouter : Held::kUntilAnswered;
        if (routed == Routed::kHold) worker_.hold(*this);
        // In a pause it reads on, within bounds, to see the end of a client that gives up.
        if (!is_paused() || rest.size() >= pool_.settings().limits.output_buffer) {
          connection_->pause_reading();
        }
        break;
      }
    }
    if (connection_->closing()) return input.bytes.size();
    rest.remove_prefix(taken);
  }
  if (finishing_) return input.bytes.size();
  const size_t all_taken = input.bytes.size() - rest.size();
  watch_.saw_input(*connection_, all_taken, incomplete, worker_.loop().now_ms());
  return all_taken;
}

void Session::resume() {
  if (held_ == Held::kUntilAnswered && !queue_.empty()) return;
  held_ = Held::kNo;
  connection_->pause_reading();  // it may be reading on: what it has is to be looked at again
  connection_->resume_reading();
}

void Session::protocol_error(std::string_view what) {
  worker_.metrics().clients.protocol_errors.add();
  reply_error(nullptr, "ERR Protocol error: " + std::string(what));
  finish(metrics::CloseReason::kProtocolError);
}

// ---- replies

Request* Session::expect_reply(const wire::Command* command) {
  Request* request = worker_.requests().acquire(command, worker_.now_ns());
  request->session = this;
  if (reply_mode != ReplyMode::kOn) [[unlikely]] {
    request->silent = true;
    if (reply_mode == ReplyMode::kSkip) reply_mode = ReplyMode::kOn;
  }
  if (command && pool_.slow_log().settings().enabled()) {
    request_head::keep(request->reply.spare(), StoredReply::kInlineSize, worker_.parsed());
  }
  queue_.push(request);
  if (!ordinary_) [[unlikely]] {
    mark_queued();
  }
  worker_.metrics().clients.in_flight.add();
  return request;
}

void Session::answer(Request* request, const ReplyView& reply) {
  if (!ordinary_ && !heed(*request, reply)) [[unlikely]]
    return;
  if (request->command) {
    const uint64_t took = worker_.now_ns() - request->started_ns;
    worker_.metrics().record(request->command->id, reply.is_error(), took);
    if (pool_.slow_log().settings().is_slow(took)) [[unlikely]] {
      // Not answered before, so its first bytes are still where expect_reply() has put them.
      note_slow(*request->command, request->reply.spare(), took);
    }
  }
  note_reply_size(reply.size());
  if (request != queue_.front()) {
    if (!request->silent) {
      early_bytes_ += reply.size();
      reply.store_in(request->reply, worker_.loop().pool());
    }
    request->answered = true;
    close_over_limit();
    return;
  }
  if (!request->silent) reply.write_to(connection_->out());
  request->answered = true;
  flush_ready();
}

// What an answer means beside what it says. False: the client is not to see it.
bool Session::heed(const Request& request, const ReplyView& reply) {
  if (transaction_) transaction_->answered(request, reply);
  // As from redis-server, nothing tells a client that went of the end of its wait.
  if (!is_blocked() || !finishing_) return true;
  if (std::ranges::all_of(blocked_->pins, [](const PinLease& pin) { return pin->ready(); })) {
    return true;
  }
  close(close_reason_);
  return false;
}

// Writes the answered prefix of the queue; the front's reply is written already.
void Session::flush_ready() {
  wire::OutputBuffer& out = connection_->out();
  do {
    Request* const done = queue_.pop();
    done->session = nullptr;
    worker_.requests().release_if_done(done);
    worker_.metrics().clients.in_flight.sub();
    if (queue_.empty() || !queue_.front()->answered) break;
    const StoredReply& reply = queue_.front()->reply;
    early_bytes_ -= reply.size();
    reply.write_to(out);
  } while (true);
  connection_->flush_soon();
  after_progress();
}

void Session::note_reply_size(size_t size) {
  if (size > kLarge) [[unlikely]] {
    leave_ordinary();
    large_left_ = kLargeStay;
  }
  if (size >= expected_reply_) {
    expected_reply_ = size;
  } else {
    expected_reply_ -= (expected_reply_ - std::max(size, kSmallestExpectedReply)) / 16;
  }
}

void Session::leave_ordinary() {
  if (!ordinary_) return;
  ordinary_ = false;
  last_write_ = queue_.pushed();  // any of these may be one
}

bool Session::change_lane(const wire::Command& command, size_t request_size) {
  leave_ordinary();
  if (request_size > kLarge) large_left_ = kLargeStay;
  using Kind = Lane::Kind;
  const Kind small = database_ == 0 ? Kind::kMain : Kind::kDatabases;
  const bool is_large = large_left_ > 0;
  const Lane wanted{is_large ? Kind::kLarge : small, protocol_};
  if (wanted != lane_) {
    // The lane for large traffic serves all databases, and may be left when there is a pause.
    const bool can_stay =
        protocol_ == lane_.protocol && (lane_.kind == Kind::kLarge || lane_.kind == small);
    if (!queue_.empty()) {
      if (!can_stay || (is_large && !is_owed())) return false;
    } else if (!can_stay || !is_owed()) {
      lane_ = wanted;
    }
  }
  if (is_large) --large_left_;
  return choose_server(command);
}

bool Session::choose_server(const wire::Command& command) {
  const bool replicas_owe = awaits(last_replica_read_);
  at_replica_ = is_write_ = is_replica_read_ = false;
  if (!(command.spec->flags & wire::kReadonly)) {
    if (replicas_owe) return false;
    is_write_ = true;
  } else if (pool_.reads_from_replicas() && !command.spec->at_primary && !awaits(last_write_) &&
             !transaction_ && !tracking_) {
    at_replica_ = true;
  }
  ordinary_ = lane_ == Lane{} && large_left_ == 0 && !replicas_owe &&
              !pool_.reads_from_replicas() && !transaction_ && !tracking_;
  return true;
}

Upstream& Session::primary_of(ShardConnections& shard) {
  if (Upstream* const pin = transaction_ ? transaction_->pin_to(shard.pins()) : nullptr) {
    return *pin;
  }
  if (tracking_) return tracking_->connection_to(shard);
  return shard.primary().of(lane_);
}

Transaction& Session::begin_transaction() {
  leave_ordinary();
  transaction_ = std::make_unique<Transaction>(*this);
  return *transaction_;
}

bool Session::end_transaction() {
  if (!transaction_->is_over()) return false;
  if (transaction_->is_pinned() && !queue_.empty()) return false;
  transaction_.reset();
  return true;
}

void Session::block_on(PinLease pin) {
  if (!is_blocked()) blocked_ = std::make_unique<Blocked>(std::vector<PinLease>(), true);
  pin->be_patient(true);
  blocked_->pins.push_back(std::move(pin));
  leave_ordinary();
  settle_first();
}

void Session::keep_pin(PinLease pin) {
  blocked_ = std::make_unique<Blocked>(std::vector<PinLease>(), false);
  blocked_->pins.push_back(std::move(pin));
}

PinLease Session::take_kept_pin() {
  if (!blocked_) return {};
  PinLease pin = std::move(blocked_->pins.front());
  blocked_.reset();
  return pin;
}

void Session::end_wait(metrics::CloseReason reason) {
  if (finishing_) return;
  finish(reason);
  for (const PinLease& pin : blocked_->pins) pin->end_wait("its client waits no longer");
}

// Its command was answered.
void Session::unblock() {
  for (PinLease& pin : blocked_->pins) pin.mark_clean();
  blocked_.reset();
  // What was read meanwhile.
  connection_->pause_reading();
  connection_->resume_reading();
}

void Session::drop_transaction() { transaction_.reset(); }

Upstream& Session::reader_of(ShardConnections& shard) {
  Upstream& reader = shard.choose_reader(id_, lane_);
  if (reader.shard().is_replica) {
    if (reader.lacks_database(database_)) return primary_of(shard);
    is_replica_read_ = true;
  }
  return reader;
}

void Session::speak(int protocol) {
  leave_ordinary();
  if (tracking_ && protocol != protocol_) tracking_->speak(protocol);
  protocol_ = static_cast<uint8_t>(protocol);
}

void Session::use_database(uint8_t database) {
  leave_ordinary();
  database_ = database;
}

// The command that was just queued is what choose_server() has found.
void Session::mark_queued() {
  if (is_write_) last_write_ = queue_.pushed();
  if (is_replica_read_) last_replica_read_ = queue_.pushed();
  is_write_ = is_replica_read_ = false;
}

void Session::check_limits(size_t bytes) {
  const config::Limits& limits = pool_.settings().limits;
  if (bytes > kOutputLimitFactor * limits.output_buffer &&
      bytes > limits.output_buffer + expected_reply_) {
    static metrics::log::RateLimited log(1, std::chrono::minutes(1));
    log.write(metrics::log::Level::kWarn,
              "client {} closed: {} bytes of replies wait for it, far more than output_buffer ({})",
              connection_->peer_name(), bytes, limits.output_buffer);
    close(metrics::CloseReason::kOutputLimit);
  } else if (!may_ask() && bytes > kGuestOutput) {
    close(metrics::CloseReason::kSecurity);
  }
}

void Session::after_progress() {
  close_over_limit();
  if (finishing_) {
    if (queue_.empty()) connection_->close_after_flush("finished");
    return;
  }
  if (!ordinary_) [[unlikely]] {
    if (transaction_) end_transaction();
    if (tracking_) tracking_->catch_up();
    if (is_blocked() && queue_.empty()) unblock();
  }
  if (!connection_->paused()) [[likely]]
    return;
  if (held_ == Held::kUntilAnswered) return resume();
  if (held_ == Held::kNo && has_room()) connection_->resume_reading();
}

void Session::note_slow(const wire::Command& command, const char* head, uint64_t took) {
  pool_.slow_log().add(*this, command, request_head::arguments(head), took);
}

wire::OutputBuffer& Session::scratch() { return worker_.scratch(); }

void Session::answer_scratch(Request* request) {
  answer(request, ReplyView(worker_.scratch()));
  worker_.scratch().clear();
}

void Session::answered_here(const wire::Command* command, bool is_error) {
  if (command) {
    worker_.metrics().record(command->id, is_error, 0);
    if (pool_.slow_log().settings().is_slow(0)) [[unlikely]] {
      char head[StoredReply::kInlineSize];
      request_head::keep(head, sizeof head, worker_.parsed());
      note_slow(*command, head, 0);
    }
  }
  connection_->flush_soon();
  after_progress();
}

void Session::reply_error(const wire::Command* command, std::string_view line) {
  reply(command, [line](wire::ReplyWriter& writer) { writer.error(line); });
}

void Session::on_written() {
  worker_.metrics().clients.bytes_out.add(connection_->bytes_written() - counted_written_);
  counted_written_ = connection_->bytes_written();
  after_progress();
}

// ---- messages

Subscriber& Session::edit_subscriber() {
  if (!subscriber_) subscriber_ = std::make_unique<Subscriber>();
  update_guard();
  return *subscriber_;
}

void Session::drop_empty_subscriber() {
  if (subscriber_ && subscriber_->empty()) subscriber_.reset();
  update_guard();
}

void Session::unsubscribe() {
  pool_.subscribers().leave_all(*this);
  subscriber_.reset();
  update_guard();
}

Tracking& Session::edit_tracking() {
  if (!tracking_) tracking_ = std::make_unique<Tracking>(*this);
  leave_ordinary();
  update_guard();
  return *tracking_;
}

void Session::stop_tracking() {
  tracking_.reset();
  update_guard();
}

void Session::push_invalidation(std::string_view keys) {
  std::string message;
  if (protocol_ == 3) {
    message = ">2\r\n$10\r\ninvalidate\r\n";
    message += keys;
  } else {
    if (!subscriber_) return;
    message = ">3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
    message += keys.starts_with('_') ? "$-1\r\n" : keys;
  }
  push(ReplyView(message));
}

void Session::close_as_restarted() {
  if (!finishing_) close(metrics::CloseReason::kError);
}

void Session::push(ReplyView push) {
  if (connection_->closing() || finishing_) return;
  wire::OutputBuffer& out =
      has_begun_exec(*this) ? transaction_->run()->pushes() : connection_->out();
  if (protocol_ == 3) {
    push.write_to(out);
  } else {
    out.append("*");  // for ">", all else is the same
    push.without_type().write_to(out);
  }
  if (out.size() > pool_.settings().limits.output_buffer) {
    static metrics::log::RateLimited log(1, std::chrono::minutes(1));
    log.write(metrics::log::Level::kWarn,
              "client {} closed: it does not take its messages, and {} bytes wait for it",
              connection_->peer_name(), out.size());
    return close(metrics::CloseReason::kOutputLimit);
  }
  connection_->flush_soon();
}

// ---- end

// A client may close its half when it has asked for all it wants; it still reads.
bool Session::on_end() {
  if (is_blocked()) {
    end_wait(metrics::CloseReason::kEof);
  } else {
    finish(metrics::CloseReason::kEof);
  }
  return true;
}

void Session::finish(metrics::CloseReason reason) {
  if (finishing_) return;
  if (has_begun_exec(*this)) return transaction_->run()->finish_behind(reason);
  finishing_ = true;
  close_reason_ = reason;
  if (queue_.empty()) connection_->close_after_flush("finished");
}

void Session::close(metrics::CloseReason reason) {
  if (!connection_->closing()) close_reason_ = reason;
  connection_->close(metrics::name_of(reason));
}

void Session::check_timeouts(uint64_t now_ms) {
  using Verdict = wire::ClientWatch::Verdict;
  const config::Timeouts& timeouts = pool_.settings().timeouts;
  const auto ms = [](std::chrono::milliseconds time) {
    return static_cast<uint64_t>(time.count());
  };
  const wire::ClientWatch::Limits limits{ms(timeouts.partial), ms(timeouts.stalled),
                                         ms(timeouts.idle)};
  const bool is_listening = subscriber_ || pool_.monitors().has(id_);
  const bool is_waiting = held_ != Held::kNo || !queue_.empty() || is_listening;
  switch (watch_.check(*connection_, is_waiting, limits, now_ms)) {
    case Verdict::kFine:
      return;
    case Verdict::kPartial:
      return close(metrics::CloseReason::kPartial);
    case Verdict::kStalled:
      return close(metrics::CloseReason::kStalled);
    case Verdict::kIdle:
      return close(metrics::CloseReason::kIdle);
  }
}

void Session::on_close(std::string_view) {
  worker_.metrics().clients.closed_by(close_reason_);
  while (!queue_.empty()) {
    Request* const request = queue_.pop();
    request->session = nullptr;
    worker_.metrics().clients.in_flight.sub();
    if (request->fan_out && !request->in_upstream) request->fan_out->detach();
    worker_.requests().release_if_done(request);
  }
  blocked_.reset();
  drop_transaction();
  stop_tracking();
  unsubscribe();
  worker_.remove(*this);
}

}  // namespace slotway::proxy
