#include "proxy/router.h"

#include <algorithm>

#include "metrics/log.h"
#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/split.h"
#include "proxy/hotkeys/rules.h"
#include "proxy/inspection.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/scripts/script_run.h"
#include "proxy/tracking.h"
#include "proxy/transactions/blocking.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"
#include "wire/command_error.h"
#include "wire/key_extraction.h"
#include "wire/slot.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

// As in Redis, EXEC ends its transaction even so: a reload may have changed the user behind MULTI.
Routed abort_transaction(Session& session, const wire::Command& command, std::string_view line) {
  constexpr std::string_view kGeneral = "ERR ";
  if (line.starts_with(kGeneral)) line.remove_prefix(kGeneral.size());
  if (session.transaction()) session.transaction()->abandon();
  session.reply_error(&command, "EXECABORT Transaction discarded because of: " + std::string(line));
  if (session.transaction()) session.end_transaction();
  return Routed::kDone;
}

Routed refuse(Session& session, const wire::Command* command, std::string_view line) {
  session.give_back_kept_pin();
  if (command && command->spec->ends_multi) return abort_transaction(session, *command, line);
  if (session.transaction()) session.transaction()->spoil();
  session.reply_error(command, line);
  return Routed::kDone;
}

// A browser that was talked into sending RESP: whatever follows must not be executed.
bool is_http(std::string_view name) {
  return wire::equal_ignoring_case(name, "post") || wire::equal_ignoring_case(name, "host:");
}

Routed reject_http(Session& session) {
  static metrics::log::RateLimited log(1, std::chrono::minutes(1));
  log.write(metrics::log::Level::kWarn,
            "client {} speaks HTTP, possibly a cross-protocol attack: closed",
            session.connection().peer_name());
  session.close(metrics::CloseReason::kSecurity);
  return Routed::kDone;
}

Routed unknown_command(Session& session, wire::Args args) {
  session.worker().metrics().clients.unknown_commands.add();
  session.last_command = nullptr;
  return refuse(session, nullptr, wire::unknown_command_error(args));
}

// The error line for a command that the session may not run, or nothing. What a user may who only
// reads is Redis's "-@all +@read +@connection", and the scripts that only read.
std::string access_error(const Session& session, const wire::Command& command) {
  const wire::CommandSpec& spec = *command.spec;
  if (spec.flags & wire::kNoAuth) return {};
  if (session.access() == Session::Access::kAll) return {};
  if (!session.may_ask()) return "NOAUTH Authentication required.";
  if (spec.flags & wire::kReadonly || spec.acl & wire::kAclConnection) return {};
  return wire::permission_error(command);
}

std::string option_error(const wire::Command& command, const wire::OptionSpec& option) {
  std::string name(option.name);
  std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c - 32); });
  return "ERR '" + command.full_name + "' with " + name + " is not supported by this proxy";
}

bool names_one_key(const wire::Command& command) {
  return command.spec->handling == wire::Handling::kForward && command.plain_keys &&
         command.key_range.first == command.key_range.last;
}

Routed forward_to_slot(Session& session, const wire::Command& command, const wire::Request& request,
                       const wire::BlockRef& bytes, wire::Slot slot, NamedKeys named) {
  const Destination destination = find_destination(session, slot);
  if (destination.hold()) return Routed::kHold;
  if (!destination.ready()) return refuse(session, &command, destination.error());
  if (session.pool().hot_keys().is_over_limit(command, request.args)) [[unlikely]] {
    return refuse(session, &command, HotKeys::kOverLimit);
  }
  session.pool().slot_counts().add(slot);
  forward_to(*destination.upstream, session, command, request, bytes, std::move(named));
  return Routed::kDone;
}

Routed forward(Session& session, const wire::Command& command, const wire::Request& request,
               const wire::BlockRef& bytes) {
  const wire::Args args = request.args;
  const bool may_block = command.spec->flags & wire::kBlocking;
  if (may_block || !command.spec->options.empty()) [[unlikely]] {
    if (may_block && (command.spec->options.empty() || wire::refused_option(*command.spec, args))) {
      return block(session, command, request, bytes);
    }
    const std::string error = refused_option_error(session, command, args);
    if (!error.empty()) return refuse(session, &command, error);
  }
  if (!names_one_key(command)) {
    const KeySlot keys = slot_of_keys(session, command, args);
    if (!keys.error.empty()) return refuse(session, &command, keys.error);
    return forward_to_slot(session, command, request, bytes, keys.slot, {});
  }
  const std::string_view key = args[static_cast<size_t>(command.key_range.first)];
  HotKeys& hot_keys = session.pool().hot_keys();
  if (!hot_keys.is_on() && session.fetch_waits() == 0) {
    return forward_to_slot(session, command, request, bytes, wire::slot_of_key(key), {});
  }
  NamedKeys named;
  if (hot_keys.may_serve() || session.fetch_waits() > 0) {
    const HotKeys::Way way = hot_keys.pass(session, command, request, key, named);
    if (way == HotKeys::Way::kWait) return Routed::kWait;
    if (way == HotKeys::Way::kTaken) return Routed::kDone;
    if (way == HotKeys::Way::kSpread) session.spread_read();
    if (way == HotKeys::Way::kRefused) return refuse(session, &command, HotKeys::kOverLimit);
  } else {
    hot_keys.sample(command, key);
  }
  hot_keys.mark_sampled(named);
  const Routed routed =
      forward_to_slot(session, command, request, bytes, wire::slot_of_key(key), std::move(named));
  if (routed == Routed::kDone) hot_keys.forwarded(command, key);
  return routed;
}

// Behind MULTI, or with a transaction whose end must be waited for.
Routed route_in_transaction(Session& session, const wire::Command& command,
                            const wire::Request& request, const wire::BlockRef& block) {
  Transaction& transaction = *session.transaction();
  if (transaction.is_over()) {
    if (session.end_transaction()) return carry_out(session, command, request, block);
    return wait_for_answers(session);
  }
  return transaction.queue(command, request, block);
}

}  // namespace

std::string refused_option_error(Session& session, const wire::Command& command, wire::Args args) {
  if (command.spec->options.empty() || command.spec->flags & wire::kBlocking ||
      session.pool().shards().size() == 1) {
    return {};
  }
  const wire::OptionSpec* const option = wire::refused_option(*command.spec, args);
  return option ? option_error(command, *option) : std::string();
}

KeySlot slot_of_keys(Session& session, const wire::Command& command, wire::Args args) {
  // With one shard all slots are together.
  const auto apart = [&] { return session.pool().shards().size() > 1; };
  bool mixed = false;
  if (command.plain_keys) [[likely]] {
    const wire::PlainKeyPositions keys = wire::plain_key_positions(command, args.size());
    const wire::Slot slot = wire::slot_of_key(args[keys.first]);
    for (size_t i = keys.first + keys.step; i <= keys.last; i += keys.step) {
      mixed = mixed || wire::slot_of_key(args[i]) != slot;
    }
    if (mixed && apart()) return {.error = wire::kCrossSlot};
    return {.slot = slot, .mixed = mixed};
  }
  auto& keys = session.worker().key_positions();
  switch (wire::extract_keys(*command.spec, args, keys)) {
    case wire::KeyExtraction::kOk:
      break;
    case wire::KeyExtraction::kNoKeys:
      // A script: always the same shard, so that what one leaves there the next one finds.
      if (command.spec->flags & wire::kNoMandatoryKeys) return {.has_keys = false};
      return {.error = "ERR without keys this command is not supported by this proxy"};
    case wire::KeyExtraction::kInvalid:
      return {.has_keys = false};  // any server refuses it, and knows best in which words
  }
  const wire::Slot slot = wire::slot_of_key(args[keys.front().index]);
  for (const wire::KeyPosition& key : keys) {
    mixed = mixed || wire::slot_of_key(args[key.index]) != slot;
  }
  if (mixed && apart()) return {.error = wire::kCrossSlot};
  return {.slot = slot, .mixed = mixed};
}

void forward_to(Upstream& upstream, Session& session, const wire::Command& command,
                const wire::Request& request, const wire::BlockRef& block, NamedKeys keys) {
  if (Tracking* const tracking = session.tracking()) [[unlikely]]
    tracking->announce(upstream);
  if (request.is_inline) {
    encode_request(upstream.output(), request.args);
  } else {
    upstream.output().append(block, request.raw);
  }
  Request* const expected = session.expect_reply(&command);
  HotKeys& hot_keys = session.pool().hot_keys();
  if (keys.empty() && hot_keys.names_matter()) keys = hot_keys.names(command, request.args);
  expected->keys = std::move(keys);
  upstream.push(expected);
}

Destination destination_of(const Session& session, Upstream& upstream) {
  using State = Destination::State;
  const uint8_t database = session.database();
  const auto to = [&](State state) { return Destination{state, database, &upstream}; };
  if (!upstream.available()) return to(State::kUnreachable);
  if (upstream.congested()) return to(State::kHold);
  switch (upstream.prepare(database)) {
    case Abilities::State::kYes:
      return to(State::kReady);
    case Abilities::State::kNo:
      return to(State::kNoDatabase);
    case Abilities::State::kUnknown:
    case Abilities::State::kAsked:
      break;
  }
  return to(State::kHold);
}

Destination find_destination(Session& session, wire::Slot slot) {
  Pool& pool = session.pool();
  const ShardIndex shard = pool.topology().shard_of_slot(slot);
  if (shard < Topology::kMoving) [[likely]] {
    Upstream& upstream = session.upstream_of(pool.shard(shard));
    if (upstream.is_clear() && upstream.prepare(session.database()) == Abilities::State::kYes)
        [[likely]] {
      return {Destination::State::kReady, 0, &upstream};
    }
    return destination_of(session, upstream);
  }
  return {shard == Topology::kMoving ? Destination::State::kHold : Destination::State::kNotServed};
}

Destination find_destination(Session& session, ShardConnections& shard) {
  return destination_of(session, session.primary_of(shard));
}

Destination find_pin(Session& session, wire::Slot slot, PinLease& pin) {
  using State = Destination::State;
  Pool& pool = session.pool();
  const ShardIndex index = pool.topology().shard_of_slot(slot);
  if (index == Topology::kMoving) return {State::kHold};
  if (index == Topology::kNoShard) return {State::kNotServed};
  ShardConnections& shard = pool.shard(index);
  if (const Tracking* const tracking = session.tracking()) {
    pin = tracking->share(shard);
  } else if (!pin || !pin.is_of(shard.pins())) {
    // Fast errors instead of another connection that does not come about.
    Upstream& main = shard.primary().main();
    if (!main.available()) return {State::kUnreachable, 0, &main};
    pin = shard.pins().take(session.protocol(), pool.settings().limits.pinned_connections);
  }
  if (!pin) return {State::kNoPin, 0, &shard.primary().main()};
  return destination_of(session, *pin);
}

std::string Destination::error() const {
  if (state == State::kNotServed) return "CLUSTERDOWN Hash slot not served";
  if (state == State::kNoPin) {
    return "ERR too many clients WATCH or wait: all pinned_connections of " +
           upstream->shard().label() + " are in use";
  }
  if (state == State::kNoDatabase) return upstream->refusal(database);
  const Error error = upstream->refuse();
  return error.code + " " + error.message;
}

Routed route(Session& session, const wire::Request& request, const wire::BlockRef& block) {
  if (!session.is_settled()) [[unlikely]]
    return Routed::kWait;
  const wire::Args args = request.args;
  const wire::Command* command = wire::find_command(args);
  if (!command) {
    if (is_http(args[0])) return reject_http(session);
    return unknown_command(session, args);
  }
  const wire::CommandSpec& spec = *command->spec;
  session.last_command = command;  // as in Redis, even if it is refused
  if (spec.handling == wire::Handling::kContainer) {
    if (args.size() > 1) session.last_command = nullptr;
    return refuse(session, command, wire::unknown_subcommand_error(*command, args));
  }
  if (!wire::arity_accepts(spec, args.size())) {
    return refuse(session, command, wire::arity_error(*command));
  }
  if (session.is_guarded()) [[unlikely]] {
    if (has_begun_exec(session)) return inspect(session, *command, request, block);
    const std::string error = access_error(session, *command);
    if (!error.empty()) return refuse(session, command, error);
    if (session.subscriber() && session.protocol() == 2 && !spec.while_subscribed) {
      return refuse(
          session, command,
          "ERR Can't execute '" + command->full_name +
              "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
              "in this context");
    }
    return inspect(session, *command, request, block);
  }
  return carry_out(session, *command, request, block);
}

Routed carry_out(Session& session, const wire::Command& command, const wire::Request& request,
                 const wire::BlockRef& block) {
  const wire::CommandSpec& spec = *command.spec;
  // Rule R0: what names keys that others wait for to be fetched, or may name them, does not
  // overtake.
  if (rule_holds(Rule::kWaitForFetch) && session.fetch_waits() > 0 && !names_one_key(command))
      [[unlikely]] {
    return Routed::kWait;
  }
  if (const Transaction* const transaction = session.transaction()) [[unlikely]] {
    if (transaction->is_over() ||
        (transaction->is_open() && spec.in_multi != wire::InMulti::kAtOnce)) {
      return route_in_transaction(session, command, request, block);
    }
  }
  if (spec.handling == wire::Handling::kLocal) {
    return run_local_command(session, command, request.args, request.raw.size());
  }
  if (spec.handling == wire::Handling::kRefuse) {
    return refuse(session, &command,
                  "ERR '" + command.full_name + "' is not supported by this proxy");
  }
  if (!session.choose_lane(command, request.raw.size())) return Routed::kWait;
  if (spec.handling == wire::Handling::kForward) return forward(session, command, request, block);
  if (spec.handling == wire::Handling::kSplit) return split(session, command, request, block);
  if (spec.handling == wire::Handling::kScript) return run_script(session, command, request, block);
  return broadcast(session, command, request.args);
}

}  // namespace slotway::proxy
