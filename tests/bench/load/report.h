// Report: what a run has seen, and what it has seen since the last line about it, as text or JSON.
// The owner is the driver; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/load/command.h"
#include "tests/bench/load/latencies.h"

namespace slotway::load {

struct Options;

class Report {
 public:
  // Outlived by `options`.
  explicit Report(const Options& options) : options_(options) {}

  // A reply in time, right or not; nanoseconds from when it was due to be asked to the reply.
  void answered(const Command& command, uint64_t latency_ns, bool missing) {
    since_.latencies.record(latency_ns);
    ++since_.of_kind[static_cast<size_t>(command.kind)];
    if (command.keys[0] == flash_key_ && command.kind != Command::Kind::kIncr) {
      ++since_.for_flash_key;
    }
    if (missing) ++since_.missing;
  }
  // Error replies, and `count` requests or connections that failed without any reply.
  void error(std::string_view what, uint64_t count = 1);
  // A reply that is not the one of its command, or of no command.
  void mismatch(std::string_view what);

  // From here on answered() counts requests to this key.
  void count_flash_key(KeyNumber key) { flash_key_ = key; }
  // What came since the last of these lines, in JSON; `waiting` requests that were due have no
  // reply.
  std::string interval(uint64_t elapsed_ns, uint64_t waiting);
  void lasted(uint64_t ns) { elapsed_ns_ = ns; }

  bool clean() const { return errors_ == 0 && mismatches_ == 0; }
  // After all of the run.
  std::string text() const;
  // On one line with `compact`.
  std::string json(bool compact) const;

 private:
  struct Seen {
    void add(const Seen& other);

    Latencies latencies;
    std::array<uint64_t, Command::kKinds> of_kind{};
    uint64_t for_flash_key = 0;
    uint64_t missing = 0;
    uint64_t errors = 0;  // at its beginning, of the whole run
    uint64_t mismatches = 0;
  };

  Seen all() const;
  bool flashes() const { return flash_key_ != kNone; }

  static constexpr uint64_t kNone = UINT64_MAX;  // no key

  const Options& options_;
  Seen until_;  // the last line of interval()
  Seen since_;
  uint64_t flash_key_ = kNone;
  uint64_t line_ns_ = 0;  // of the last such line
  uint64_t elapsed_ns_ = 0;
  uint64_t errors_ = 0;
  uint64_t mismatches_ = 0;
  std::string first_error_;
  std::string first_mismatch_;
};

}  // namespace slotway::load
