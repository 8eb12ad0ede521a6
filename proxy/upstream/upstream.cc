#include "proxy/upstream/upstream.h"

#include <algorithm>
#include <charconv>

#include "metrics/log.h"
#include "proxy/error_kind.h"
#include "proxy/fanout/fan_out.h"
#include "proxy/hotkeys/rules.h"
#include "proxy/request_encoding.h"
#include "proxy/session.h"
#include "proxy/upstream/server_errors.h"
#include "proxy/worker.h"
#include "wire/input_end.h"
#include "wire/number.h"

namespace slotway::proxy {

namespace {

namespace log = metrics::log;

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kFirstPauseMs = 20;
constexpr uint64_t kLongestPauseMs = 1000;

// Null if the client is gone.
Session* session_of(const Request& request) {
  if (request.session || !request.fan_out) return request.session;
  const Request* const parent = request.fan_out->parent();
  return parent ? parent->session : nullptr;
}

uint64_t ns(std::chrono::milliseconds time) {
  return static_cast<uint64_t>(time.count()) * kNsPerMs;
}

}  // namespace

Upstream::Upstream(Worker& worker, std::shared_ptr<const Shard> shard,
                   const config::Timeouts& timeouts, metrics::ShardMetrics& metrics,
                   Breaker& breaker, const Coherence& coherence, int protocol,
                   PushHandler* push_handler)
    : worker_(worker),
      shard_(std::move(shard)),
      is_replica_(shard_->is_replica),
      timeouts_(timeouts),
      metrics_(metrics),
      breaker_(breaker),
      coherence_(coherence),
      protocol_(protocol),
      push_handler_(push_handler),
      dialer_(worker.loop(), *shard_, *this),
      unsent_(worker.loop().pool()),
      framer_(protocol) {
  start_attempt();
}

Error Upstream::unavailable() const {
  if (breaker_.is_busy() && !hopeless()) return {"BUSY", breaker_.busy_text()};
  const auto because = [this](std::string_view failure, std::string_view why) {
    return Error{"ERR", shard_->label().append(failure).append(why)};
  };
  if (breaker_.open()) return because(shard_failure::kSilent, "its last requests all timed out");
  if (hopeless()) {
    return because(shard_failure::kBehind, "all that waits for it has timed out");
  }
  return because(shard_failure::kOutOfReach, failure_);
}

void Upstream::push(Request* request) {
  if (queue_.empty()) waiting_since_ns_ = worker_.now_ns();
  request->in_upstream = true;
  queue_.push(request);
  if (!first_unsettled_) first_unsettled_ = request;
  metrics_.in_flight.add();
  if (is_replica_ && request->command) metrics_.replica_reads.add();
  if (connection_) connection_->flush_soon();
}

bool Upstream::send_unanswered(std::initializer_list<std::string_view> args) {
  if (state_ == State::kBackOff) return false;
  encode_request(output(), args);
  if (connection_) connection_->flush_soon();
  return true;
}

// ---- replies

size_t Upstream::on_input(const wire::Input& input) {
  worker_.read_clock();
  last_heard_ns_ = worker_.now_ns();
  metrics_.bytes_received.add(connection_->bytes_read() - counted_read_);
  counted_read_ = connection_->bytes_read();
  metrics_.reads.add();
  const size_t queued_before = queue_.size();
  std::string_view rest = input.bytes;
  while (!rest.empty()) {
    if (queue_.empty() && !push_handler_) {
      // A server that is full or guarded says so before it closes.
      lose("it sent what nobody asked for: " + std::string(first_line(rest)));
      break;
    }
    size_t taken = 0;
    const wire::ReplyFramer::Status status = framer_.feed(rest.substr(framed_), taken);
    framed_ += taken;
    if (status == wire::ReplyFramer::Status::kNeedMore) break;
    if (status == wire::ReplyFramer::Status::kPush && push_handler_) {
      const std::string_view push = rest.substr(0, std::exchange(framed_, 0));
      push_handler_->on_push(*this, ReplyView(input.block, push));
      rest.remove_prefix(push.size());
      continue;
    }
    if (status != wire::ReplyFramer::Status::kReply) {
      lose("it sent a malformed reply");
      break;
    }
    const std::string_view reply = rest.substr(0, std::exchange(framed_, 0));
    if (push_handler_ && ready() && reply.front() == '-' &&
        push_handler_->on_refusal(first_line(reply).substr(1))) {
      rest.remove_prefix(reply.size());
      continue;
    }
    if (queue_.empty()) {
      lose("it sent what nobody asked for: " + std::string(first_line(reply)));
      break;
    }
    finish(queue_.pop(), ReplyView(input.block, reply));
    if (state_ == State::kBackOff) break;
    rest.remove_prefix(reply.size());
  }
  count_replies();
  // As in on_written().
  constexpr size_t kResume = kMaxQueuedRequests / 2;
  if (queue_.size() <= kResume && queued_before > kResume) worker_.resume_held();
  if (retiring_ && queue_.empty()) lose("no longer in the configuration");
  return input.bytes.size() - rest.size();
}

void Upstream::settle(Request* request) {
  request->settled = true;
  ++settled_;
  metrics_.in_flight.sub();
  if (request == first_unsettled_) first_unsettled_ = request->next_in_upstream;
}

inline void Upstream::leave_queue(Request* request) {
  request->in_upstream = false;
  worker_.requests().release_if_done(request);
}

// Rule W of cached keys.
void Upstream::note_replied(const Request& request) const {
  if (request.names_unknown()) return coherence_.state().bump();
  if (!request.keys.empty()) coherence_.replied(request.keys);
}

void Upstream::finish(Request* request, const ReplyView& reply) {
  const bool waited_for = !request->settled;
  if (waited_for) settle(request);
  coherence_.count_bytes(request->keys, reply.size());
  if (coherence_.in_use() && rule_w_holds(*request, reply)) note_replied(*request);
  if (!request->command) {
    handle_own_reply(*request, reply);
  } else if (is_elsewhere_ && is_misplaced(*request, reply)) [[unlikely]] {
    misplaced(waited_for ? request : nullptr);
  } else if (waited_for) {
    const bool is_error = reply.is_error();
    if (is_error) [[unlikely]] {
      note_error(reply);
      if (repeat_call(request, reply)) return;
    } else {
      note_success(*request);
    }
    if (is_error) metrics_.errors.add();
    const SendTimes::Mark* const mark = send_times_.find(queue_.popped());
    // What is simply passed on is counted for the client, too: those come in runs.
    const bool passes_on = request->session && !request->fan_out && !is_error && !patient_;
    count_reply(*request, mark, passes_on);
    worker_.set_reply_origin({mark, &metrics_, passes_on ? request : nullptr});
    worker_.deliver(request, reply);
    worker_.set_reply_origin({});
  }
  leave_queue(request);
  if (!waited_for) [[unlikely]]
    worker_.resume_held();  // whoever must not overtake it
}

inline void Upstream::count_reply(const Request& request, const SendTimes::Mark* mark,
                                  bool for_client) {
  // A wait that the client asked for says nothing about the shard.
  if (patient_) [[unlikely]]
    return metrics_.requests.add();
  const wire::Command* const command = for_client ? request.command : nullptr;
  if (mark != replies_.mark || request.started_ns != replies_.started_ns ||
      command != replies_.command || request.held_ms != replies_.held_ms) {
    count_replies();
    replies_ = {mark, request.started_ns, command, request.held_ms, 0};
  }
  ++replies_.count;
}

void Upstream::count_replies() {
  const auto [mark, started_ns, command, held_ms, count] = std::exchange(replies_, {});
  if (count == 0) return;
  const uint64_t now = worker_.now_ns();
  const uint64_t held_ns = uint64_t{held_ms} * 1'000'000;
  if (command) worker_.count(*command, false, now - started_ns + held_ns, count);
  if (!worker_.measures()) return metrics_.requests.add(count);
  metrics_.record(now - started_ns, count);
  if (!mark) return;
  const ReplyTimes times = times_of(started_ns, held_ns, {{mark, &metrics_}, now});
  using metrics::Stage;
  metrics::WorkerMetrics& all = worker_.metrics();
  all.stage(Stage::kRoute).record(times.route_ns, count);
  all.stage(Stage::kQueue).record(times.queue_ns, count);
  all.stage(Stage::kShard).record(times.shard_ns, count);
}

void Upstream::note_error(const ReplyView& reply) {
  // What one connection is told says nothing about those that wait behind the script.
  if (!is_busy(first_line(reply.head()))) breaker_.succeeded();
  if (is_replica_ && is_passing(first_line(reply.head()))) declines_ = true;
}

void Upstream::note_success(const Request& request) {
  const bool says_little = breaker_.is_busy() && request.command->spec->flags & wire::kAllowBusy;
  if (!says_little) breaker_.succeeded();
}

// ---- time

void Upstream::tick(uint64_t now_ns) {
  if (state_ == State::kBackOff) {
    if (!connection_ && !retiring_ && now_ns >= next_attempt_ns_) start_attempt();
    return;
  }
  // Nothing in the turn that has routed it: it may not have been written yet.
  if (!patient_) time_out_requests(worker_.turn_ns());
  if (wait_ends_ns_ != 0 && now_ns > wait_ends_ns_) return lose(end_reason_);
  if (script_calls_) script_calls_->drop_before(queue_.popped() + 1);
  if (state_ != State::kReady) {
    if (now_ns > attempt_started_ns_ + ns(timeouts_.connect)) {
      lose(dialer_.resolving() ? "resolving its name takes too long"
                               : "no answer within the connect time-out");
    }
  } else if (!queue_.empty() && !patient_ &&
             now_ns > std::max(last_heard_ns_, waiting_since_ns_) + ns(timeouts_.stall)) {
    breaker_.fell_silent();
    lose("silent for " + std::to_string(timeouts_.stall.count()) + " ms with requests waiting");
  }
}

void Upstream::time_out_requests(uint64_t now_ns) {
  const bool was_waited_for = first_unsettled_;
  while (first_unsettled_ && now_ns > first_unsettled_->started_ns + ns(timeouts_.request)) {
    time_out(first_unsettled_);
  }
  // With only tombstones left nothing else has an end: held sessions are refused, or, when the
  // shard has taken some but not half, may ask.
  if (was_waited_for && !first_unsettled_) worker_.resume_held();
}

std::string Upstream::failure_text(const Request& request, std::string_view what, bool sent) const {
  std::string text = "ERR " + shard_->label() + std::string(what);
  const bool reads_only = request.command->spec->flags & wire::kReadonly;
  if (sent && !reads_only) text += "; whether the command was executed is unknown";
  return text;
}

void Upstream::time_out(Request* request) {
  settle(request);
  if (request->command && request->part == Request::kBehindMulti && !request->fan_out) return;
  const std::string what =
      std::string(shard_failure::kNoReply) + std::to_string(timeouts_.request.count()) + " ms";
  if (!request->command) {
    if (static_cast<Own>(request->part & 0xff) != Own::kAbility) return;
    abilities_.not_answered(static_cast<uint8_t>(request->part >> 8),
                            "ERR " + shard_->label() + what, worker_.now_ns());
    return worker_.resume_held();
  }
  metrics_.timeouts.add();
  metrics_.errors.add();
  // A large reply that is on its way is an answer.
  const bool answering = framed_ > 0 && worker_.now_ns() - last_heard_ns_ < ns(timeouts_.request);
  if (state_ == State::kReady && !answering &&
      breaker_.failed(worker_.now_ns(), ns(timeouts_.request))) {
    worker_.resume_held();  // to be refused
  }
  // Others can be asked instead of it: one time-out is enough.
  if (is_replica_ && !answering && !std::exchange(declines_, true)) {
    log::warn("{} does not answer: reads go elsewhere until it does", shard_->label());
  }
  if (Session* const session = session_of(*request)) request->debt = session->debt();
  worker_.set_reply_origin({.shard = &metrics_});
  worker_.deliver_error(request,
                        // Its bytes wait in the output even if they have not left.
                        failure_text(*request, what, true));
  worker_.set_reply_origin({});
}

// ---- connecting

void Upstream::start_attempt() {
  attempt_started_ns_ = worker_.read_clock();
  ++attempts_;
  framer_.reset();
  framed_ = 0;
  send_times_.clear();
  database_ = 0;
  is_elsewhere_ = false;
  abilities_ = {};
  replication_ = {};
  asks_replication_ = false;
  script_calls_.reset();
  unsent_.clear();
  begin_handshake();
  state_ = State::kConnecting;
  if (push_handler_) push_handler_->on_attempt(*this);
  dialer_.dial(failures_, [this](Result<wire::Connection*> connection) { attach(connection); });
}

void Upstream::attach(const Result<wire::Connection*>& connection) {
  if (!connection.ok()) return lose(connection.error().message);
  connection_ = *connection;
  counted_written_ = counted_read_ = 0;
  std::swap(connection_->out(), unsent_);
}

void Upstream::on_connected() {
  if (state_ != State::kConnecting) return;
  last_heard_ns_ = worker_.read_clock();
  state_ = State::kHandshaking;
}

void Upstream::before_write() {
  if (!worker_.measures()) return;
  send_times_.turn(queue_.pushed(), connection_->bytes_written() + output().size(),
                   worker_.loop().writing_since_ns());
}

void Upstream::on_written() {
  if (!send_times_.all_written()) send_times_.written(connection_->bytes_written(), uv_hrtime());
  const uint64_t written = connection_->bytes_written() - counted_written_;
  counted_written_ += written;
  metrics_.bytes_sent.add(written);
  metrics_.writes.add();
  written_requests_ = queue_.pushed();
  if (wait_ends_ns_ != 0) [[unlikely]]
    end_output();
  // Sessions that were held for this shard go on when half of what held them has gone.
  constexpr size_t kResume = kMaxQueuedBytes / 2;
  if (output().size() <= kResume && output().size() + written > kResume) worker_.resume_held();
}

void Upstream::became_ready() {
  state_ = State::kReady;
  if (failures_ > 0) log::info("{} is reachable again", shard_->label());
  failures_ = 0;
  round_trip_ = {};
  count_connection(true);
  worker_.resume_held();
}

void Upstream::count_connection(bool established) {
  metrics::Gauge& gauge = is_replica_ ? metrics_.replica_connections : metrics_.connections;
  established ? gauge.add() : gauge.sub();
}

void Upstream::on_close(std::string_view reason) {
  lose(wait_ends_ns_ != 0 ? std::string_view(end_reason_) : reason);
  connection_ = nullptr;
  if (retiring_) return;
  // A server may close what is idle: then there is no failure to wait for.
  if (failures_ == 0) start_attempt();
}

void Upstream::lose(std::string_view reason) {
  if (state_ == State::kBackOff) return;
  const bool was_ready = state_ == State::kReady;
  const uint64_t lasted = worker_.now_ns() - attempt_started_ns_;
  const bool idle = was_ready && queue_.empty() && lasted > kLongestPauseMs * kNsPerMs;
  const bool sent = was_sent();
  failure_ = reason;
  state_ = State::kBackOff;
  if (was_ready) count_connection(false);
  if (!retiring_) {
    metrics_.reconnects.add();
    if (!idle) ++failures_;
    if (failures_ == 1) log::warn("{}: connection lost: {}", shard_->label(), reason);
    const uint64_t pause = std::min(kLongestPauseMs, kFirstPauseMs << std::min(failures_, 10u)) / 2;
    const uint64_t spread = worker_.random() % (pause + 1);  // so that workers do not come as one
    next_attempt_ns_ = worker_.now_ns() + (pause + spread) * kNsPerMs;
  }
  dialer_.cancel();
  if (connection_) connection_->close(reason);
  unsent_.clear();
  fail_all(reason, sent);
  if (push_handler_) push_handler_->on_lost(*this);
}

void Upstream::fail_all(std::string_view reason, bool sent) {
  worker_.set_reply_origin({.shard = &metrics_});
  while (!queue_.empty()) {
    Request* const request = queue_.pop();
    if (!request->settled) {
      settle(request);
      if (request->command) {
        metrics_.errors.add();
        worker_.deliver_error(request, failure_text(*request,
                                                    std::string(shard_failure::kConnectionLost) +
                                                        ": " + std::string(reason),
                                                    sent));
      }
    }
    leave_queue(request);
  }
  worker_.set_reply_origin({});
  worker_.resume_held();
}

// ---- end

void Upstream::retire() {
  retiring_ = true;
  if (queue_.empty()) lose("no longer in the configuration");
}

// The server sees the end of the stream, gives the wait up and closes; in front of that it sends
// what it has to send.
void Upstream::end_wait(std::string_view reason) {
  if (retiring_) return;
  retiring_ = true;
  wait_ends_ns_ = worker_.now_ns() + ns(timeouts_.request);
  end_reason_ = reason;
  end_output();
}

void Upstream::end_output() {
  if (was_sent() && output().empty()) wire::end_output(connection_->fd());
}

void Upstream::abandon(std::string_view reason) {
  retiring_ = true;
  lose(reason);
}

}  // namespace slotway::proxy
