#include "proxy/local/local_commands.h"

#include <doctest/doctest.h>

#include "proxy/fanout/merge.h"
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

TEST_CASE("of the broadcast rows, SCAN alone is special and RANDOMKEY alone is random") {
  int special = 0;
  int random = 0;
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->handling != wire::Handling::kBroadcast) continue;
    CAPTURE(command.full_name);
    if (command.spec->request_policy == wire::RequestPolicy::kSpecial) {
      ++special;
      CHECK(command.full_name == "scan");
    } else if (command.spec->tips & wire::kNondeterministicOutput) {
      ++random;
      CHECK(command.full_name == "randomkey");
    } else {
      const bool has_merge = merge_for(*command.spec) != nullptr;
      CHECK(has_merge);
    }
  }
  CHECK(special == 1);
  CHECK(random == 1);
}

TEST_CASE("every forwarded row can bring keys") {
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->handling != wire::Handling::kForward &&
        command.spec->handling != wire::Handling::kScript) {
      continue;
    }
    CAPTURE(command.full_name);
    CHECK(wire::takes_keys(*command.spec));
  }
}

}  // namespace slotway::proxy
