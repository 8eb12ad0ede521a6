// What the arguments of a command may be, as a redis-server tells it by COMMAND DOCS: so the
// fuzzer needs no list of its own. Which commands there are, and which of their arguments are keys,
// comes from the command table.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tests/support/resp_client.h"

namespace slotway::differential {

struct ArgumentShape {
  std::string name;  // "member", "unix-time-seconds"
  std::string type;  // "key", "string", "integer", "pure-token", "oneof", "block", ...
  std::string token;
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;  // the token stands before each
  std::vector<ArgumentShape> parts = {};
};

// By the full name of the command: "get", "object|encoding".
using ArgumentShapes = std::unordered_map<std::string, std::vector<ArgumentShape>>;

// Asks a redis-server, on a connection of either version.
ArgumentShapes ask_argument_shapes(tests::RespClient& redis);

}  // namespace slotway::differential
