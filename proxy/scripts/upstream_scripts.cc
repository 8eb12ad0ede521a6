// Upstream: what it does for the scripts that its requests run.
#include <algorithm>
#include <cstring>

#include "proxy/request_encoding.h"
#include "proxy/session.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace slotway::proxy {

ScriptCalls& Upstream::script_calls() {
  if (!script_calls_) script_calls_ = std::make_unique<ScriptCalls>(worker_.loop().pool());
  return *script_calls_;
}

void Upstream::load_script(const Script& script) {
  encode_request(output(), {"SCRIPT", "LOAD", script.text});
  // Keeps the digest where a client's request has its first bytes.
  Request* const request = push_own(Own::kLoadScript, worker_.now_ns());
  static_assert(sizeof script.digest <= RequestHead::kRoom);
  std::memcpy(request->head.room(), script.digest.data(), script.digest.size());
  script_calls().note_loaded(script.digest);
}

void Upstream::note_not_loaded(const Request& request) {
  wire::Sha1 digest;
  std::memcpy(digest.data(), request.head.room(), digest.size());
  script_calls().note_missing(digest);
}

bool Upstream::repeat_call(Request* request, const ReplyView& reply) {
  constexpr std::string_view kNoScript = "-NOSCRIPT No matching script.";
  if (!script_calls_ || !reply.head().starts_with(kNoScript)) return false;
  const wire::Sha1* const digest = script_calls_->find(queue_.popped());
  if (!digest) return false;
  script_calls_->note_missing(*digest);
  Session* const session = request->session;
  if (!session || !session->is_last(*request) || retiring_) return false;
  Pool& pool = session->pool();
  if (pool.topology().has_moving_slots()) return false;  // its new owner may have it already
  const ScriptRef script = pool.scripts().find(*digest);
  if (!script) return false;
  // Others may have asked for another one since.
  if (prepare(session->database()) != Abilities::State::kYes) return false;
  load_script(*script);
  script_calls_->repeat(output());
  request->settled = false;
  metrics_.retries.add();
  push(request);
  note_script();
  return true;
}

// Of a new connection even the greeting may not be answered before.
bool Upstream::waits_for_script(uint64_t now_ns) const {
  constexpr uint64_t kLong = 30'000'000;  // nanoseconds
  return was_sent() && now_ns > std::max(last_heard_ns_, waiting_since_ns_) + kLong &&
         is_behind_script();
}

bool Upstream::is_blocked() const { return hopeless() || breaker_.gave_up() || is_behind_script(); }

}  // namespace slotway::proxy
