// The rules by which cached keys stay coherent, by name, so that tests can see what each is for: in
// the program `slotway_mutants` the environment variable SLOTWAY_WITHOUT switches one of them off.
//
// In `slotway` all hold: what is said of them here is constant, and nothing of it is left in the
// code. Include it in .cc files alone: those that do are compiled a second time for the mutants.
#pragma once

#include <cstdint>

namespace slotway::proxy {

struct Request;
class ReplyView;

enum class Rule : uint8_t {
  kWaitForFetch,    // R0: a command waits for the fetch of a key of its session
  kFollowWrite,     // R0: a read behind an unanswered command takes its way
  kWatched,         // R1
  kVersion,         // R2
  kDeadline,        // R2
  kBarrier,         // R2: the bound on staleness
  kJoin,            // R3
  kStampFirst,      // R4: the stamp is noted before the fetch is sent
  kNoErrors,        // R4
  kWrites,          // W
  kReads,           // W: those that are not the fetch
  kWatchedReads,    // W: GETs that R1 has passed on
  kExec,            // W: EXEC that was carried out
  kAbortedExec,     // W
  kSplit,           // W: commands of several shards
  kPushFirst,       // P: before the next frame of its connection
  kRestamp,         // P: a fetch of which no reply has come yet includes what is told of
  kNullPush,        // P: all keys
  kLostConnection,  // P
  kPingSent,        // B: PONG proves what was so when PING was sent
  kCount,
};

#ifdef SLOTWAY_RULES_CAN_BE_OFF
bool rule_holds(Rule rule);
// Rule W, for what this is the reply to.
bool rule_w_holds(const Request& request, const ReplyView& reply);
#else
constexpr bool rule_holds(Rule) { return true; }
constexpr bool rule_w_holds(const Request&, const ReplyView&) { return true; }
#endif

// `condition`, as far as the rule that demands it holds.
constexpr bool by_rule(Rule rule, bool condition) { return condition || !rule_holds(rule); }

}  // namespace slotway::proxy
