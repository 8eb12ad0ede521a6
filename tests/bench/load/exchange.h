// Exchange: how the commands of one connection are asked, and what their replies must be, byte for
// byte.
//
// One for each connection, since its counter is its own: each INCR must give one more than the one
// before, so that a command that got lost or ran twice is seen. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/load/key_values.h"
#include "tests/bench/load/workload.h"
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

  // `name` is different for each connection of all load on one server.
  Exchange(KeyValues& key_values, std::string name, MayMiss may_miss)
      : key_values_(key_values), name_(std::move(name)), may_miss_(may_miss) {}

  void ask(const Command& command, wire::OutputBuffer& out);
  // `reply` is one whole reply.
  Verdict judge(const Command& command, std::string_view reply);

 private:
  Verdict judge_value(KeyNumber key, std::string_view& rest) const;
  Verdict judge_count(std::string_view reply);

  KeyValues& key_values_;
  const std::string name_;
  const MayMiss may_miss_;
  static constexpr int64_t kUnknown = -1;
  int64_t count_ = kUnknown;  // of the counter, at the last reply
};

// One line for a person: "GET key:0000000042".
std::string describe(const Command& command);

}  // namespace slotway::load
