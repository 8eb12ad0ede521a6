// One step of what both servers are put through.
#pragma once

#include <string>

#include "tests/support/resp_client.h"

namespace slotway::differential {

struct Step {
  enum class Kind : uint8_t {
    kCommand,
    kWait,      // until what was to expire in a millisecond has
    kVersion,   // HELLO with command[0], its reply not compared
    kExchange,  // the value of key command[0] goes to the other server, both ways
  };
  Kind kind = Kind::kCommand;
  tests::Command command = {};
};

}  // namespace slotway::differential
