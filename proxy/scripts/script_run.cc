#include "proxy/scripts/script_run.h"

#include "proxy/scripts/script_calls.h"
#include "proxy/worker.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

bool is_well_formed_flush(wire::Args args) {
  return args.size() == 2 || (args.size() == 3 && (wire::equal_ignoring_case(args[2], "sync") ||
                                                   wire::equal_ignoring_case(args[2], "async")));
}

}  // namespace

void load_ahead(Upstream& upstream, Pool& pool, const wire::Sha1& digest) {
  ScriptCalls& calls = upstream.script_calls();
  if (calls.is_loaded(digest, pool.scripts().clears())) return;
  if (const ScriptRef script = pool.scripts().find(digest)) upstream.load_script(*script);
  // What nobody has brought may be there all the same; NOSCRIPT will tell.
  calls.note_loaded(digest);
}

std::optional<wire::Sha1> note_script(Session& session, const wire::Command& command,
                                      wire::Args args) {
  Scripts& scripts = session.pool().scripts();
  const size_t named = command.container ? 2 : 1;
  switch (command.spec->script) {
    case wire::ScriptRole::kDigest:
      return wire::parse_sha1(args[named]);
    case wire::ScriptRole::kText:
      scripts.learn(args[named]);
      return std::nullopt;
    case wire::ScriptRole::kFlush:
      if (is_well_formed_flush(args)) scripts.forget_all();
      return std::nullopt;
    case wire::ScriptRole::kFunction:
    case wire::ScriptRole::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

Routed run_script(Session& session, const wire::Command& command, const wire::Request& request,
                  const wire::BlockRef& block) {
  const KeySlot keys = slot_of_keys(session, command, request.args);
  if (!keys.error.empty()) {
    session.reply_error(&command, keys.error);
    return Routed::kDone;
  }
  const Destination destination = find_destination(session, keys.slot);
  if (destination.hold()) return Routed::kHold;
  if (!destination.ready()) {
    session.reply_error(&command, destination.error());
    return Routed::kDone;
  }
  if (session.pool().hot_keys().is_over_limit(command, request.args)) {
    session.reply_error(&command, HotKeys::kOverLimit);
    return Routed::kDone;
  }
  Upstream& upstream = *destination.upstream;
  const auto digest = note_script(session, command, request.args);
  if (digest) load_ahead(upstream, session.pool(), *digest);
  forward_to(upstream, session, command, request, block);
  if (digest) upstream.script_calls().keep(upstream.pushed_count(), *digest, request, block);
  upstream.note_script();
  return Routed::kDone;
}

}  // namespace slotway::proxy
