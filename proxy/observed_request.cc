#include "proxy/observed_request.h"

#include <algorithm>
#include <numeric>

#include "proxy/hotkeys/operators.h"
#include "proxy/session.h"
#include "wire/secret_arguments.h"
#include "wire/unix_time.h"

namespace slotway::proxy {

namespace {

// All arguments of what may hold secrets: the head of a request may be cut anywhere, and the words
// of a line may be parts of what stands in quotes.
void hide_secrets(const wire::Command& command, std::vector<std::string>& args) {
  if (command.spec->secrets.empty()) return;
  for (size_t i = command.container ? 2 : 1; i < args.size(); ++i) args[i] = wire::kRedacted;
}

void redact_keys(ObservedRequest& request) {
  for (size_t i = request.command->container ? 2 : 1; i < request.args.size(); ++i) {
    request.args[i] = wire::kRedacted;
  }
  request.key_is_cut = false;
  if (!request.key.empty()) request.key = shown_hash(request.key_hash);
}

}  // namespace

uint64_t ObservedRequest::total_ns() const {
  return std::accumulate(stages_ns.begin(), stages_ns.end(), uint64_t{0});
}

ObservedRequest observe_request(const Session& session, const wire::Command& command,
                                const RequestHead& head) {
  const Pool& pool = session.pool();
  const RequestHead::Arguments kept = head.arguments();
  ObservedRequest request;
  request.unix_ms = static_cast<int64_t>(wire::unix_ms());
  request.command = &command;
  const auto first_key = static_cast<size_t>(std::max(command.key_range.first, 0));
  if (command.plain_keys && first_key < kept.args.size()) {
    request.key = kept.args[first_key];
    request.key_is_cut = kept.missing_bytes > 0 && first_key + 1 == kept.args.size();
    request.key_hash = request.key_is_cut ? head.key_hash() : pool.hot_keys().hash_of(request.key);
  }
  request.args = kept.shown();
  hide_secrets(command, request.args);
  request.is_redacted = pool.settings().hot_keys.redact_keys;
  if (request.is_redacted) redact_keys(request);
  request.client = session.connection().peer_name();
  request.client_name = session.names().name;
  return request;
}

}  // namespace slotway::proxy
