// ReplyComparison: whether two servers have answered the same.
//
// The same bytes, but for what the command table calls nondeterministic: of what comes in any order
// the elements count, of what is picked at random only that it is as much, and that it is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/resp_client.h"
#include "tests/support/resp_value.h"

namespace slotway::differential {

class ReplyComparison {
 public:
  // Compares the answers of the store and of Redis to the next command on the connection.
  bool same(const tests::Command& command, const std::string& ours, const std::string& theirs);
  // The connection has been reset.
  void reset();

 private:
  bool same_value(const tests::Command& command, const tests::RespValue& ours,
                  const tests::RespValue& theirs);
  bool same_random(const tests::Command& command, const tests::RespValue& ours,
                   const tests::RespValue& theirs) const;
  bool is_picked_from(const tests::RespValue& picked, bool only_once) const;

  std::vector<tests::Command> queued_;  // by MULTI
  std::string previous_;                // our reply to the command before
  bool sorts_ = false;                  // a SORT may have been among the commands
};

}  // namespace slotway::differential
