// Router: decides from the command table what becomes of a command, and sends it on its way.
//
// Stateless; runs on the session's worker thread.
#pragma once

#include <string>

#include "proxy/session.h"
#include "wire/block.h"
#include "wire/request_parser.h"
#include "wire/slot.h"

namespace slotway::proxy {

enum class Routed : uint8_t {
  kDone,  // the command was taken: forwarded, answered or refused
  kHold,  // not now: the session keeps it and tries again on resume()
  kWait,  // not now: the same, when nothing of the session is unanswered
};

// Before the session's next command goes by another connection than what it has asked for so far,
// or takes one from that: kDone if nothing is left to overtake, not even what has timed out and may
// still be executed.
inline Routed wait_for_answers(const Session& session) {
  if (session.pending() > 0) return Routed::kWait;
  return session.is_owed() ? Routed::kHold : Routed::kDone;
}

// Where a command can go now.
struct Destination {  // two words: it is returned in registers
  enum class State : uint8_t {
    kReady,        // to `upstream`
    kHold,         // not now: the slot moves, the shard is congested or has been asked something
    kNotServed,    // no shard has the slot
    kUnreachable,  // `upstream` is down
    kNoDatabase,   // `upstream` does not have the session's database, `database`
    kNoPin,        // all connections for single sessions to the server of `upstream` are in use
  };
  State state;
  uint8_t database = 0;
  Upstream* upstream = nullptr;

  bool ready() const { return state == State::kReady; }
  bool hold() const { return state == State::kHold; }
  // The error line for the client where there is no way. For one request, which is counted as
  // refused if that is for the shard's sake.
  std::string error() const;
};
// For keys of the slot: a read may go to a replica.
Destination find_destination(Session& session, wire::Slot slot);
// For what concerns the shard as a whole: to the primary.
Destination find_destination(Session& session, ShardConnections& shard);
// By a connection that the session has for itself: `pin`, if that is one to the shard of the slot,
// otherwise one that is taken.
Destination find_pin(Session& session, wire::Slot slot, PinLease& pin);
// By that connection, on which the session's next command runs in its database, if it is ready.
Destination destination_of(const Session& session, Upstream& upstream);

// Where what has no keys goes, scripts and functions: always the same shard, so that what one
// leaves there the next one finds.
inline constexpr wire::Slot kKeylessSlot = wire::kSlotCount - 1;

// The one slot of all keys of a command, or the error line that says why there is none.
struct KeySlot {
  wire::Slot slot = kKeylessSlot;
  std::string_view error = {};
  bool has_keys = true;  // false: any slot will do
  bool mixed = false;    // there are others, while the pool has one shard
};
KeySlot slot_of_keys(Session& session, const wire::Command& command, wire::Args args);

// What is wrong with an option that would reach to other shards, or empty.
std::string refused_option_error(Session& session, const wire::Command& command, wire::Args args);

// Sends the request as it came. Requires that its destination is ready. `keys`: those it names, if
// the caller knows.
void forward_to(Upstream& upstream, Session& session, const wire::Command& command,
                const wire::Request& request, const wire::BlockRef& block, NamedKeys keys = {});

// `request.raw` lies inside `block`, unless the request is inline.
Routed route(Session& session, const wire::Request& request, const wire::BlockRef& block);
// The rest of it, for a command that is known and allowed.
Routed carry_out(Session& session, const wire::Command& command, const wire::Request& request,
                 const wire::BlockRef& block);

}  // namespace slotway::proxy
