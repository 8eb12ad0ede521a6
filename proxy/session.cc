#include "proxy/session.h"

#include <algorithm>

#include "metrics/log.h"
#include "proxy/error_kind.h"
#include "proxy/fanout/fan_out.h"
#include "proxy/router.h"
#include "proxy/tracking.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// Before the first replies have told better, a session asks for so many requests ahead.
constexpr size_t kFirstAhead = 16;
constexpr size_t kSmallestExpectedReply = 64;
// A session that has more than this many times output_buffer unsent, because the replies were far
// larger than those before, is closed: the shards' replies to others are not kept waiting for it.
constexpr size_t kOutputLimitFactor = 4;
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

Session::~Session() = default;

// ---- input

inline void Session::count(const wire::Command& command, bool is_error,
                           std::optional<uint64_t> took) {
  if (took) [[likely]] {
    worker_.count(command, is_error, *took);
  } else {
    worker_.metrics().record_untimed(command.id, is_error);
  }
}

inline bool Session::is_told(const Request& request, uint64_t took, size_t reply_size) const {
  const WaitSettings& settings = pool_.wait_settings();
  return settings.is_slow_or_spike(took) || settings.is_big(reply_size) ||
         request.told != Request::Told::kIfSlow;
}

inline void Session::remember(Request& request) {
  const std::string_view raw = worker_.parsed().raw;
  request.head.keep(raw);
  if (raw.size() > RequestHead::kMost) [[unlikely]]
    remember_long(request);
  if (worker_.traces_next(pool_.wait_settings().trace_one_in())) [[unlikely]]
    request.told = Request::Told::kAsTraced;
}

// A reply that had to wait for its turn is in the output.
inline void Session::pass_on(const Request& early, metrics::HistogramRun& order) {
  if (worker_.measures() && !early.silent) {
    order.record(worker_.now_ns() - early.arrival.read_ns);
    ++unwritten_.early;
  }
  if (is_told(early, early.waited_ns(worker_.now_ns()), early.reply.size())) [[unlikely]]
    observe(early, early.arrival, early.reply.size());
}

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
    if (has_read_ahead(input.bytes.size())) close(metrics::CloseReason::kOutputLimit);
    return 0;
  }
  worker_.metrics().clients.bytes_in.add(connection_->bytes_read() - counted_read_);
  counted_read_ = connection_->bytes_read();
  std::string_view rest = input.bytes;
  bool incomplete = false;
  uint64_t commands = 0;
  while (!rest.empty() && !finishing_ && !is_blocked()) {
    if (!has_room()) [[unlikely]] {
      connection_->pause_reading();
      forget_hold();  // from here on it waits for its client
      break;
    }
    wire::Request& request = worker_.parsed();
    size_t taken = 0;
    const auto status = parser_.parse(rest, limits(), request, taken);
    if (status == wire::RequestParser::Status::kNeedMore) {
      incomplete = true;
      forget_hold();
      break;
    }
    if (status == wire::RequestParser::Status::kError) {
      protocol_error(parser_.error());
      break;
    }
    if (status == wire::RequestParser::Status::kCommand) {
      const Routed routed = route(*this, request, input.block);
      if (routed != Routed::kDone) [[unlikely]] {
        hold_next(routed, rest.size());
        break;
      }
      ++commands;
    }
    if (connection_->closing()) return input.bytes.size();
    rest.remove_prefix(taken);
    if (seldom_) [[unlikely]]
      seldom_->held_bytes -= std::min(taken, seldom_->held_bytes);
  }
  worker_.metrics().clients.depths.record(commands);
  if (finishing_) return input.bytes.size();
  const size_t all_taken = input.bytes.size() - rest.size();
  watch_.saw_input(*connection_, all_taken, incomplete, worker_.loop().now_ms());
  return all_taken;
}

// A session that waits reads on, within bounds, to see the end of a client that gives up.
bool Session::has_read_ahead(size_t bytes) const {
  return bytes >= pool_.settings().limits.output_buffer;
}

void Session::hold_next(Routed routed, size_t unread) {
  held_ = routed == Routed::kHold ? Held::kByRouter : Held::kUntilAnswered;
  if (routed == Routed::kHold) worker_.hold(*this);
  // What comes behind these bytes meanwhile counts from when it is looked at. CLIENT PAUSE has been
  // asked for.
  if (is_paused()) {
    forget_hold();
  } else if (seldom().held_bytes == 0) {
    seldom().held_bytes = unread;
    seldom().held_since_ns = worker_.now_ns();
  }
  if (!is_paused() || has_read_ahead(unread)) connection_->pause_reading();
}

uint16_t Session::held_for(uint64_t until_ns) const {
  if (reply_mode == ReplyMode::kKept) return 0;  // EXEC was held, not what it carries out
  const uint64_t ms = (until_ns - std::min(until_ns, seldom_->held_since_ns)) / 1'000'000;
  return static_cast<uint16_t>(std::min<uint64_t>(ms, UINT16_MAX));
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
  Request* request = worker_.requests().acquire(command, worker_.turn_ns());
  request->session = this;
  request->held_ms = held_ms(request->started_ns);
  if (reply_mode != ReplyMode::kOn) [[unlikely]] {
    request->silent = true;
    if (reply_mode == ReplyMode::kSkip) reply_mode = ReplyMode::kOn;
  }
  if (command && pool_.wait_settings().remembers_requests()) remember(*request);
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
  const uint64_t took = request->waited_ns(worker_.now_ns());
  const bool is_error = reply.is_error();
  const ReplyOrigin& origin = worker_.reply_origin();
  if (request->command) {
    if (is_wait(*request)) [[unlikely]] {
      count(*request->command, is_error, std::nullopt);
    } else {
      if (origin.counted != request) count(*request->command, is_error, took);
      if (pool_.wait_settings().is_slow_or_spike(took)) [[unlikely]]
        note_spike(*request, took);
    }
  }
  if (is_error) [[unlikely]]
    count_error(error_kind_of(reply.head()));
  note_reply_size(reply.size());
  if (request != queue_.front()) {
    if (!request->silent) {
      early_bytes_ += reply.size();
      reply.store_in(request->reply, worker_.loop().pool());
    }
    request->arrival = {origin, worker_.now_ns()};
    request->answered = true;
    close_over_limit();
    return;
  }
  if (!request->silent) reply.write_to(connection_->out());
  request->answered = true;
  if (is_told(*request, took, reply.size())) [[unlikely]]
    observe(*request, {origin, worker_.now_ns()}, reply.size());
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
  if (unwritten_.replies == 0) unwritten_.since_ns = worker_.now_ns();
  metrics::HistogramRun order(worker_.metrics().stage(metrics::Stage::kOrder));
  do {
    Request* const done = queue_.pop();
    if (!done->silent) ++unwritten_.replies;
    done->session = nullptr;
    worker_.requests().release_if_done(done);
    worker_.metrics().clients.in_flight.sub();
    if (queue_.empty() || !queue_.front()->answered) break;
    const StoredReply& reply = queue_.front()->reply;
    early_bytes_ -= reply.size();
    reply.write_to(out);
    pass_on(*queue_.front(), order);
  } while (true);
  // Of what is answered by silence nothing will be written.
  if (seldom_ && out.empty()) [[unlikely]]
    tell_observed(worker_.now_ns());
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

wire::OutputBuffer& Session::scratch() { return worker_.scratch(); }

void Session::answer_scratch(Request* request) {
  answer(request, ReplyView(worker_.scratch()));
  worker_.scratch().clear();
}

void Session::answered_here(const wire::Command* command, std::string_view error_code,
                            size_t reply_size) {
  if (!error_code.empty()) count_error(error_code);
  if (command) {
    const uint64_t took = uint64_t{held_ms(worker_.now_ns())} * 1'000'000;
    count(*command, !error_code.empty(), took);
    const WaitSettings& settings = pool_.wait_settings();
    if (settings.is_slow(took) || settings.is_big(reply_size) ||
        settings.is_big(worker_.parsed().raw.size())) [[unlikely]] {
      observe_answer(*command, reply_size, took);
    }
  }
  connection_->flush_soon();
  after_progress();
}

void Session::reply_whole(const wire::Command* command, const ReplyView& reply) {
  if (queue_.empty() && reply_mode == ReplyMode::kOn) [[likely]] {
    reply.write_to(connection_->out());
    return answered_here(command, reply.is_error() ? error_kind_of(reply.head()) : "",
                         reply.size());
  }
  answer_here(expect_reply(command), reply);
}

// It may be answered while a shard's reply to another is being delivered.
void Session::answer_here(Request* request, const ReplyView& reply) {
  const ReplyOrigin outer = worker_.set_reply_origin({});
  answer(request, reply);
  worker_.set_reply_origin(outer);
}

void Session::reply_error(const wire::Command* command, std::string_view line) {
  wire::OutputBuffer text(worker_.loop().pool());
  wire::ReplyWriter(text, protocol_).error(line);
  reply_whole(command, ReplyView(text));  // which looks at the line, to count it
}

void Session::on_written() {
  worker_.metrics().clients.bytes_out.add(connection_->bytes_written() - counted_written_);
  counted_written_ = connection_->bytes_written();
  if (unwritten_.replies > 0) end_written();
  after_progress();
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
  if (transaction_) end_transaction();  // what it was owed may have come
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
  if (metrics::log::audits()) {
    metrics::log::audit(fmt::format(
        "client {} of pool {} is gone after {} s: {}", id_, pool_.settings().name,
        (worker_.loop().now_ms() - created_ms_) / 1000, metrics::name_of(close_reason_)));
  }
  worker_.metrics().clients.closed_by(close_reason_);
  tell_observed(worker_.now_ns());
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
