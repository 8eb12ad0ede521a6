#include "proxy/local_commands.h"

#include <doctest/doctest.h>

#include "proxy/merge.h"
#include "wire/key_extraction.h"

namespace slotway::proxy {

// What the router takes for granted about the rows of the command table.

TEST_CASE("every row that the proxy answers has a handler") {
  check_local_commands();  // aborts otherwise
  CHECK(wire::command_count() > 300);
}

TEST_CASE("keys of split commands begin behind the name and reach to the end") {
  int rows = 0;
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->handling != wire::Handling::kSplit) continue;
    ++rows;
    CAPTURE(command.full_name);
    CHECK(command.plain_keys);
    CHECK(command.key_range.first == 1);
    CHECK(command.key_range.last == -1);
    CHECK(command.key_range.step >= 1);
    CHECK(command.spec->request_policy == wire::RequestPolicy::kMultiShard);
    const bool has_merge = merge_for(*command.spec) != nullptr;
    CHECK(has_merge);
  }
  CHECK(rows == 6);
}

TEST_CASE("of the broadcast rows, those with a special response policy are SCAN and RANDOMKEY") {
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->handling != wire::Handling::kBroadcast) continue;
    if (merge_for(*command.spec)) continue;
    CAPTURE(command.full_name);
    const bool scans = command.full_name == "scan" && command.spec->arity == -2;
    const bool picks = command.full_name == "randomkey" && command.spec->arity == 1;
    CHECK((scans || picks));
  }
}

TEST_CASE("every forwarded row can bring keys") {
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->handling != wire::Handling::kForward) continue;
    CAPTURE(command.full_name);
    CHECK(wire::takes_keys(*command.spec));
  }
}

}  // namespace slotway::proxy
