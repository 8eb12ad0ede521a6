// Exchange: how the commands of one connection are asked, and what their replies must be, byte for
// byte.
//
// One for each connection, since its counter is its own: each INCR must give one more than the one
// before, so that a command that got lost or ran twice is seen. INCR of a counter that all share
// must give more than every reply that was there when it was asked. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "tests/bench/load/command.h"
#include "tests/bench/load/counters.h"
#include "tests/bench/load/key_values.h"
#include "wire/output_buffer.h"

namespace slotway::load {

class Exchange {
 public:
  enum class Verdict : uint8_t {
    kRight,
    kMissing,  // right, but some key was not there
    kError,    // an error reply
    kWrong,    // not the reply of this command
  };

  // Which keys need not be there.
  enum class MayMiss : uint8_t { kNone, kDeletedAtTimes, kAny };

  // What all connections of a run share; it outlives them. `may_miss` may change at any time.
  struct Common {
    KeyValues key_values;
    MayMiss may_miss = MayMiss::kAny;
    Counters counters = {};
  };

  // `name` is different for each connection of all load on one server.
  Exchange(Common& common, std::string name) : common_(common), name_(std::move(name)) {}

  void ask(const Command& command, wire::OutputBuffer& out);
  // `reply` is one whole reply.
  Verdict judge(const Command& command, std::string_view reply);

 private:
  Verdict judge_value(KeyNumber key, std::string_view& rest) const;
  Verdict judge_own_count(std::string_view reply);
  Verdict judge_shared_count(KeyNumber number, std::string_view reply);

  Common& common_;
  const std::string name_;
  std::deque<int64_t> seen_before_;  // of each shared counter under way, when it was asked
  static constexpr int64_t kUnknown = -1;
  int64_t count_ = kUnknown;  // of the counter, at the last reply
};

// One line for a person: "GET key:0000000042".
std::string describe(const Command& command, KeyValues& key_values);

}  // namespace slotway::load
