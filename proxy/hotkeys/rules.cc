// Which rule is off: of `slotway_mutants` alone.
#include "proxy/hotkeys/rules.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "proxy/reply_view.h"
#include "proxy/request.h"
#include "proxy/session.h"
#include "wire/command_table.h"

namespace slotway::proxy {

namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Rule::kCount)> kNames = {
    "wait_for_fetch", "follow_write",  "watched",     "version",         "deadline",
    "barrier",        "join",          "stamp_first", "no_errors",       "writes",
    "reads",          "watched_reads", "exec",        "aborted_exec",    "split",
    "push_first",     "restamp",       "null_push",   "lost_connection", "ping_sent"};

// kCount: none.
Rule rule_that_is_off() {
  const char* const name = std::getenv("SLOTWAY_WITHOUT");
  if (!name) return Rule::kCount;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Rule>(i);
  }
  std::fprintf(stderr, "SLOTWAY_WITHOUT: there is no rule %s\n", name);
  std::_Exit(1);
}

}  // namespace

bool rule_holds(Rule rule) {
  static const Rule off = rule_that_is_off();
  return rule != off;
}

bool rule_w_holds(const Request& request, const ReplyView& reply) {
  if (!request.command) return true;
  if (request.fan_out) return rule_holds(Rule::kSplit);
  if (request.command == wire::find_command("exec")) {
    const std::string_view text = reply.head();
    const bool is_aborted = text.starts_with("*-1") || text.starts_with("_");
    return rule_holds(is_aborted ? Rule::kAbortedExec : Rule::kExec);
  }
  if (request.command->spec->flags & wire::kWrite) return rule_holds(Rule::kWrites);
  const bool is_passed_on = request.session && request.session->transaction();
  return rule_holds(is_passed_on ? Rule::kWatchedReads : Rule::kReads);
}

}  // namespace slotway::proxy
