// Command: one request of the load, before it is bytes. A plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/bench/load/key_values.h"

namespace slotway::load {

struct Command {
  enum class Kind : uint8_t {
    kGet,
    kSet,
    kAdd,      // SET NX
    kReplace,  // SET XX
    kIncr,     // of the connection's own counter
    kCount,    // INCR of a counter that all connections share
    kMget,
    kMset,
    kDel,
    kPing,
    kEcho,
  };
  static constexpr size_t kKinds = 11;
  static constexpr size_t kManyKeys = 3;  // of MGET and MSET

  Kind kind = Kind::kPing;
  std::array<KeyNumber, kManyKeys> keys = {};  // as many as the command takes
  uint32_t ttl_s = 0;                          // of a SET; 0: none
};

// As a report calls it: "SET NX".
constexpr std::string_view name_of(Command::Kind kind) {
  constexpr std::array<std::string_view, Command::kKinds> kNames = {
      "GET",  "SET", "SET NX", "SET XX", "INCR of its own", "INCR", "MGET",
      "MSET", "DEL", "PING",   "ECHO"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace slotway::load
