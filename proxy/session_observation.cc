// Session: what is told of single requests: those that were slow, large, or are traced.
#include "metrics/log.h"
#include "proxy/session.h"
#include "proxy/trace.h"
#include "proxy/worker.h"

namespace slotway::proxy {

using metrics::Stage;

void Session::count_error(std::string_view code) {
  worker_.metrics().clients.errors[metrics::error_code_index(code)].add();
}

void Session::note_spike(const Request& request, uint64_t took) {
  if (!pool_.wait_settings().is_spike(took)) return;
  const bool is_fast = (request.command->spec->flags & wire::kFast) != 0;
  pool_.latency_events().add(is_fast ? LatencyEvent::kFastCommand : LatencyEvent::kCommand, took);
}

// Its reply is in the output, and has yet to be written.
void Session::observe(const Request& request, const ReplyArrival& reply, size_t reply_size) {
  const WaitSettings& settings = pool_.wait_settings();
  if (!request.command || !settings.has_remembered(request.started_ns)) return;
  const uint64_t took = request.waited_ns(worker_.now_ns());
  const bool is_slow = is_kept_as_slow(is_wait(request) ? 0 : took);
  const bool is_big = settings.is_big(request.head.request_size()) || settings.is_big(reply_size);
  const bool is_traced = request.told == Request::Told::kAsTraced;
  if (!is_slow && !is_big && !is_traced) return;
  ObservedRequest observed = observe_request(*this, *request.command, request.head);
  const ReplyTimes times = times_of(request.started_ns, request.held_ns(), reply);
  if (reply.shard) observed.shard = reply.shard->shard;
  observed.request_bytes = request.head.request_size();
  observed.reply_bytes = reply_size;
  observed.stage_ns(Stage::kRoute) = times.route_ns;
  observed.stage_ns(Stage::kQueue) = times.queue_ns;
  observed.stage_ns(Stage::kShard) = times.shard_ns;
  observed.stage_ns(Stage::kOrder) = took - std::min(took, times.total_ns());
  note_size(observed);
  if (!is_slow && !is_traced) return;
  seldom().observed.push_back({std::move(observed), worker_.now_ns(), is_slow, is_traced});
}

// Of a key that is cut the whole is known by its hash.
void Session::keep_long_key(RequestHead& head, const wire::Command& command) const {
  const wire::Request& parsed = worker_.parsed();
  const auto key = static_cast<size_t>(std::max(command.key_range.first, 0));
  if (!command.plain_keys || key >= parsed.args.size()) return;
  const std::string_view first_key = parsed.args[key];
  if (RequestHead::cuts(first_key, parsed.raw)) {
    head.keep_hash(pool_.hot_keys().hash_of(first_key));
  }
}

// No shorter one can be large: the configuration takes no such threshold.
void Session::remember_long(Request& request) {
  keep_long_key(request.head, *request.command);
  if (pool_.wait_settings().is_big(request.head.request_size())) {
    request.told = Request::Told::kAsLarge;
  }
}

// What the proxy answers at once, and what it has cached: that takes no time beyond what it was
// held.
void Session::observe_answer(const wire::Command& command, size_t reply_size, uint64_t took) {
  const WaitSettings& settings = pool_.wait_settings();
  RequestHead head;
  const std::string_view raw = worker_.parsed().raw;
  head.keep(raw);
  if (raw.size() > RequestHead::kMost) keep_long_key(head, command);
  ObservedRequest observed = observe_request(*this, command, head);
  observed.request_bytes = raw.size();
  observed.reply_bytes = reply_size;
  observed.stage_ns(Stage::kRoute) = took;
  note_size(observed);
  if (is_kept_as_slow(took)) {
    pool_.observed().slow_log.add(std::move(observed), settings.slow_log_length());
  }
}

// Of what is large.
void Session::note_size(const ObservedRequest& observed) {
  const WaitSettings& settings = pool_.wait_settings();
  BigKeys& big_keys = pool_.observed().big_keys;
  metrics::ClientMetrics& counts = worker_.metrics().clients;
  if (settings.is_big(observed.request_bytes)) {
    counts.big_requests.add();
    big_keys.note(observed, Direction::kRequest, settings.most_big_keys());
  }
  if (settings.is_big(observed.reply_bytes)) {
    counts.big_replies.add();
    big_keys.note(observed, Direction::kReply, settings.most_big_keys());
  }
}

// Counts a slow request; whether there is room for it in the log. Unlike in Redis, EXEC is not left
// out if a shard carried it out: what was queued for it has no times of its own.
bool Session::is_kept_as_slow(uint64_t took) {
  if (!pool_.wait_settings().is_slow(took)) return false;
  worker_.metrics().clients.slow_requests.add();
  return pool_.observed().slow_log.admit(worker_.loop().now_ms() / 1000);
}

// The kernel has taken some of the output: most often all that was answered.
void Session::end_written() {
  const uint64_t replies = std::exchange(unwritten_.replies, 0);
  const uint64_t early = std::exchange(unwritten_.early, 0);
  if (!worker_.measures() && !seldom_) return;
  const uint64_t now = uv_hrtime();
  if (worker_.measures()) {
    worker_.metrics().stage(Stage::kWrite).record(now - unwritten_.since_ns, replies);
    worker_.metrics().stage(Stage::kOrder).record(0, replies - early);
  }
  tell_observed(now);
}

void Session::tell_observed(uint64_t written_ns) {
  if (!seldom_ || seldom_->observed.empty()) return;
  std::vector<Observed> all = std::exchange(seldom_->observed, {});
  for (Observed& observed : all) {
    ObservedRequest& request = observed.request;
    // A reload between its reply and the end of the write has hidden keys.
    if (pool_.settings().hot_keys.redact_keys && !request.is_redacted) continue;
    if (worker_.measures()) {
      request.stage_ns(Stage::kWrite) = written_ns - std::min(written_ns, observed.answered_ns);
    }
    if (observed.is_traced) {
      metrics::log::write_object("trace", trace_text(request, pool_.settings().name));
    }
    if (observed.is_slow) {
      pool_.observed().slow_log.add(std::move(request), pool_.wait_settings().slow_log_length());
    }
  }
}

}  // namespace slotway::proxy
