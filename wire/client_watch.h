// ClientWatch: tells when a client is to be given up: its command does not become complete, it
// takes nothing of its replies, or it does nothing at all.
//
// One for each client connection of either program, told of its input and asked every half second
// or so. Times are those of Loop::now_ms(). One loop thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/connection.h"

namespace slotway::wire {

class ClientWatch {
 public:
  // Milliseconds, 0 for no limit.
  struct Limits {
    uint64_t partial;  // a command that stays incomplete, unless it grows at a fair speed
    uint64_t stalled;  // output of which the client takes nothing
    uint64_t idle;     // nothing to do
  };
  enum class Verdict : uint8_t { kFine, kPartial, kStalled, kIdle };

  // The handler has taken `taken` bytes of the input; `incomplete` if it left one command of which
  // the rest is still to come, and waits for nothing else.
  void saw_input(const Connection& connection, size_t taken, bool incomplete, uint64_t now_ms);

  // `busy`: the client is owed a reply, or a command of it is held.
  Verdict check(const Connection& connection, bool busy, const Limits& limits, uint64_t now_ms);

 private:
  bool takes_nothing(const Connection& connection);

  uint64_t partial_since_ms_ = 0;  // 0: no command is incomplete
  uint64_t partial_from_ = 0;      // bytes read at that time
  uint64_t stalled_since_ms_ = 0;  // 0: the client reads what it is sent
  uint64_t taken_mark_ = 0;        // of the connection, at the last check
};

}  // namespace slotway::wire
