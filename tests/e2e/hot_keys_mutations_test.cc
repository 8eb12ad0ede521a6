// Each rule of cached keys is needed, and a test shows it: without that rule (slotway_mutants,
// proxy/hotkeys/rules.h) the schedule that is named here for it fails, and with all rules the same
// program passes all schedules.

#include <string>

#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

// Runs the cases of this very program that are so named, against the mutant without `rule`.
Finished run_schedules(std::string_view name, const std::string& rule) {
  std::string filter = "-tc=";
  for (const char c : name) {
    if (c == ',') filter += '\\';  // else it ends a name
    filter += c;
  }
  std::vector<std::string> environment = {"SLOTWAY_PROGRAM=" SLOTWAY_MUTANTS};
  if (!rule.empty()) environment.push_back("SLOTWAY_WITHOUT=" + rule);
  Process process({"/proc/self/exe", filter, "--no-colors"}, 0, environment);
  const std::optional<int> code = process.wait_exit(patience(milliseconds(60'000)));
  // Its columns are as wide as its numbers.
  std::string output = process.output();
  std::erase_if(output, [](char c) { return c == ' '; });
  return {code.value_or(-1), output};
}

bool holds(const Finished& run, std::string_view text) {
  return run.output.find(text) != std::string::npos;
}

void check_needed(const std::string& rule, const std::string& schedule) {
  // What a missing rule lets through may last less than a busy machine takes to look.
  constexpr int kMostTries = 3;
  Finished without{};
  for (int i = 0; i < kMostTries && without.code != 1; ++i) {
    without = run_schedules("hot keys: " + schedule, rule);
  }
  CAPTURE(without.output);
  CHECK(without.code == 1);
  CHECK(holds(without, "testcases:1|0passed|1failed|"));
  // It ran to where it looks at what was answered, and the proxy did not break.
  CHECK(holds(without, "ERROR:CHECK("));
  CHECK(!holds(without, "FATAL"));
  CHECK(!holds(without, "exception"));
  CHECK(!holds(without, "slotwayended"));
}

}  // namespace

TEST_CASE("mutations: the program with all rules passes all schedules") {
  const Finished all = run_schedules("hot keys: rule*", "");
  CAPTURE(all.output);
  CHECK(all.code == 0);
  CHECK(!holds(all, "testcases:0|"));
}

TEST_CASE("mutations: a rule that does not exist is no mutation") {
  const Finished all = run_schedules("hot keys: rule R1*", "nonsense");
  CHECK(all.code == 1);
  CHECK(holds(all, "thereisnorulenonsense"));
}

TEST_CASE("mutations: without R0, a write overtakes the fetch of its session") {
  check_needed("wait_for_fetch",
               "rule R0, a write does not overtake the fetch that its own session waits for");
}

TEST_CASE("mutations: without R0, a command of several keys does") {
  check_needed("wait_for_fetch", "rule R0, nor does a command of several keys, or of any");
}

TEST_CASE("mutations: without R0, a read overtakes the write in front of it") {
  check_needed("follow_write",
               "rule R0, what is behind a write in a pipeline is not served from the cache");
}

TEST_CASE("mutations: without R1, who watches a key is served from the cache") {
  check_needed("watched", "rule R1, who watches a key is not served from the cache");
}

TEST_CASE("mutations: without R2's version, what has changed is served for ever") {
  check_needed("version", "rules R2 and P, what the shard says has changed is not served again");
}

TEST_CASE("mutations: without R2's deadline, what is past its time is served") {
  check_needed("deadline", "rule R2, nothing is served for longer than the key lasts");
}

TEST_CASE("mutations: without R2's bound, a shard that says nothing is answered for") {
  check_needed("barrier", "rule B, without an answer to PING nothing is served beyond the bound");
}

TEST_CASE("mutations: without R3, a fetch from before a write is joined") {
  check_needed("join", "rule R3, nobody joins a fetch that began before a write that was answered");
}

TEST_CASE("mutations: without R4's stamp, a fetch from before a write is kept") {
  check_needed("stamp_first",
               "rule R4, what was fetched before a write that was answered is not kept");
}

TEST_CASE("mutations: without R4, errors are kept") {
  check_needed("no_errors", "rule R4, an error is not kept");
}

TEST_CASE("mutations: without W, others do not see a write") {
  check_needed("writes", "rule W, what one session has written all others see");
}

TEST_CASE("mutations: without W, others do not see what was read") {
  check_needed("reads", "rule W, what one session has seen all others see");
}

TEST_CASE("mutations: without W, others do not see what who watches has read") {
  check_needed("watched_reads", "rule W, so do reads of who watches");
}

TEST_CASE("mutations: without W, others do not see what a transaction did") {
  check_needed("exec", "rule W, so does a transaction that was carried out");
}

TEST_CASE("mutations: without W, others do not see what an aborted transaction shows") {
  check_needed("aborted_exec", "rule W, and one that was not shows that a key has changed");
}

TEST_CASE("mutations: without W, others do not see what went to several shards") {
  check_needed("split", "rule W, so does what goes to several shards");
}

TEST_CASE("mutations: without P, an invalidation comes too late") {
  check_needed("push_first", "rules R2 and P, what the shard says has changed is not served again");
}

TEST_CASE("mutations: without P, a fetch is kept that was half before a change") {
  check_needed("restamp", "rule P, what is told between its replies does");
}

TEST_CASE("mutations: without P, not all keys go when all are named") {
  check_needed("null_push", "rules R2 and P, what the shard says has changed is not served again");
}

TEST_CASE("mutations: without P, what was heard of on a lost connection is trusted") {
  check_needed("lost_connection",
               "rule P, whoever does not hear of changes any more trusts nothing of before");
}

TEST_CASE("mutations: without B, a late PONG proves too much") {
  check_needed("ping_sent",
               "rule B, an answer that comes late proves what was true when it was asked");
}

}  // namespace slotway::tests
