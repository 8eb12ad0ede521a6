#include "proxy/transactions/admission.h"

#include "proxy/local/database.h"
#include "wire/key_extraction.h"

namespace slotway::proxy {

namespace {

using Place = Admission::Place;

// Whether it has an option that is refused where there are several shards.
bool reaches_all(const wire::Command& command, wire::Args args) {
  const wire::CommandSpec& spec = *command.spec;
  return !spec.options.empty() && !(spec.flags & wire::kBlocking) &&
         wire::refused_option(spec, args);
}

Admission admit_by_keys(Session& session, const wire::Command& command, wire::Args args) {
  std::string option = refused_option_error(session, command, args);
  if (!option.empty()) return {.refusal = std::move(option)};
  const KeySlot keys = slot_of_keys(session, command, args);
  if (!keys.error.empty()) return {.refusal = std::string(keys.error)};
  Admission admission{.needs_one_shard = keys.mixed || reaches_all(command, args)};
  if (keys.has_keys) admission.slot = keys.slot;
  return admission;
}

Admission admit_by_handling(Session& session, const wire::Command& command, wire::Args args) {
  switch (command.spec->handling) {
    case wire::Handling::kForward:
    case wire::Handling::kScript:
    case wire::Handling::kSplit:
      return admit_by_keys(session, command, args);
    case wire::Handling::kBroadcast:
      if (has_one_shard(session)) return {.needs_one_shard = true};
      return {.place = Place::kAllShards};
    case wire::Handling::kLocal:
      return {.place = Place::kHere};
    default:
      return {.refusal = "ERR '" + command.full_name + "' is not supported by this proxy"};
  }
}

}  // namespace

Admission admit(Session& session, const wire::Command& command, wire::Args args) {
  const wire::InMulti in_multi = command.spec->in_multi;
  switch (in_multi) {
    case wire::InMulti::kAtShard:
      return {};
    case wire::InMulti::kBoth:
      // What is no database of the proxy's must not become one at the shard.
      return {.place = parse_database(args[1]).error.empty() ? Place::kBoth : Place::kHere};
    case wire::InMulti::kAtOneShard:
      if (has_one_shard(session)) return {.needs_one_shard = true};
      [[fallthrough]];
    case wire::InMulti::kNever:
      return {.refusal =
                  "ERR '" + command.full_name + "' is not supported behind MULTI by this proxy"};
    default:
      return admit_by_handling(session, command, args);
  }
}

}  // namespace slotway::proxy
