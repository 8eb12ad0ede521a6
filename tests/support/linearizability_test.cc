#include "tests/support/linearizability.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace slotway::tests {

namespace {

using History = std::vector<Operation>;
constexpr int64_t kOpen = Operation::kOpen;

Operation write(uint32_t session, uint64_t value, int64_t call, int64_t end) {
  return {true, session, value, call, end};
}
Operation read(uint32_t session, uint64_t value, int64_t call, int64_t end) {
  return {false, session, value, call, end};
}

bool is_linearizable(const History& history) { return find_violation(history).empty(); }

// The search of Wing and Gong, with Lowe's memory of what was tried.
class Search {
 public:
  explicit Search(const History& history) : history_(history) {}
  bool finds() { return go_on(0, Operation::kInitial); }

 private:
  bool go_on(uint32_t done, uint64_t value) {
    if (!tried_.insert({done, value}).second) return false;
    bool is_complete = true;
    for (size_t i = 0; i < history_.size(); ++i) {
      if (done >> i & 1) continue;
      is_complete = is_complete && history_[i].end == kOpen;
      if (!may_come_next(i, done)) continue;
      const Operation& next = history_[i];
      if (!next.is_write && next.value != value) continue;
      if (go_on(done | 1u << i, next.value)) return true;
    }
    return is_complete;
  }
  bool may_come_next(size_t which, uint32_t done) const {
    const Operation& next = history_[which];
    for (size_t i = 0; i < history_.size(); ++i) {
      const Operation& each = history_[i];
      if (done >> i & 1 || i == which || each.end == kOpen) continue;
      if (each.end < next.call || (each.session == next.session && i < which)) return false;
    }
    return true;
  }

  const History& history_;
  std::set<std::pair<uint32_t, uint64_t>> tried_;
};

}  // namespace

TEST_CASE("linearizability: histories that one copy can have given") {
  CHECK(is_linearizable({}));
  CHECK(is_linearizable({read(1, 0, 0, 1)}));
  CHECK(is_linearizable({write(1, 1, 0, 10), read(2, 0, 2, 3), read(2, 1, 4, 5)}));
  // Two writes at once: either may be the later.
  CHECK(is_linearizable({write(1, 1, 0, 10), write(2, 2, 0, 10), read(3, 1, 11, 12)}));
  CHECK(is_linearizable({write(1, 1, 0, 10), write(2, 2, 0, 10), read(3, 2, 11, 12)}));
  // What nobody knows of may have been carried out, late, or not at all.
  CHECK(is_linearizable({write(1, 1, 0, kOpen), read(2, 0, 5, 6), read(2, 1, 100, 101)}));
  CHECK(is_linearizable({write(1, 1, 0, kOpen), read(1, 0, 5, 6)}));
  CHECK(is_linearizable({read(1, 0, 0, 1), write(1, 1, 2, kOpen), read(1, 0, 5, 6)}));
  // In a pipeline.
  CHECK(is_linearizable({read(1, 0, 0, 9), write(1, 1, 0, 9), read(1, 1, 0, 9)}));
}

TEST_CASE("linearizability: histories that it cannot") {
  CHECK(!is_linearizable({read(1, 7, 0, 1)}));
  // An old value, the one from before a write, and from before somebody has read the new one.
  CHECK(!is_linearizable({write(1, 1, 0, 1), read(2, 0, 2, 3)}));
  CHECK(!is_linearizable({write(1, 1, 0, 10), read(2, 1, 2, 3), read(3, 0, 4, 5)}));
  CHECK(!is_linearizable({write(1, 1, 0, 1), write(1, 2, 2, 3), read(2, 1, 4, 5)}));
  CHECK(!is_linearizable({write(1, 1, 0, kOpen), read(2, 1, 5, 6), read(2, 0, 7, 8)}));
  // Two readers who do not agree on the order of two writes.
  CHECK(!is_linearizable(
      {write(1, 1, 0, 10), write(2, 2, 0, 10), read(3, 1, 11, 12), read(4, 2, 13, 14)}));
  // Before it was written.
  CHECK(!is_linearizable({read(1, 1, 0, 1), write(2, 1, 2, 3)}));
  // In a pipeline: its own write is not seen, or too early; back to an older value.
  CHECK(!is_linearizable({write(1, 1, 0, 9), read(1, 0, 0, 9)}));
  CHECK(!is_linearizable({read(1, 1, 0, 9), write(1, 1, 0, 9)}));
  CHECK(!is_linearizable({write(2, 1, 0, 9), read(1, 1, 0, 9), read(1, 0, 0, 9)}));
}

TEST_CASE("linearizability: what is wrong is told") {
  const std::string text =
      find_violation({write(1, 11, 0, 10), read(2, 11, 12, 13), read(3, 0, 14, 15)});
  CHECK(text.find("11 [known at 10, asked for until 12]") != std::string::npos);
  CHECK(text.find("0 [known at") != std::string::npos);
}

TEST_CASE("linearizability: small histories are judged as by a search through all orders") {
  std::mt19937 random(1);
  int good = 0;
  constexpr int kHistories = 20'000;
  for (int i = 0; i < kHistories; ++i) {
    History history;
    std::vector<uint64_t> values = {Operation::kInitial};
    int64_t clock[3] = {};
    for (size_t j = 0; j < 2 + random() % 7; ++j) {
      const uint32_t session = random() % 3;
      const bool is_pipelined = random() % 3 == 0;
      const int64_t call = clock[session] + (is_pipelined ? 0 : 1 + random() % 4);
      const int64_t end = std::max(clock[session], call) + random() % 6;
      const bool is_write = random() % 2 == 0;
      if (is_write) values.push_back(values.size());
      const bool is_open = is_write && random() % 5 == 0;
      history.push_back({is_write, session, values.back(), call, is_open ? kOpen : end});
      // Call and end do not go back within a session.
      clock[session] = is_pipelined ? std::max(call, clock[session]) : end;
    }
    for (Operation& each : history) {
      if (!each.is_write) each.value = values[random() % values.size()];
    }
    CAPTURE(i);
    const bool is_good = Search(history).finds();
    REQUIRE(is_linearizable(history) == is_good);
    good += is_good;
  }
  CHECK(good > kHistories / 20);
  CHECK(good < kHistories * 19 / 20);
}

TEST_CASE("linearizability: a long history takes no longer than it is long") {
  History history;
  constexpr int64_t kWrites = 20'000;
  constexpr int64_t kReaders = 20;
  for (int64_t i = 1; i <= kWrites; ++i) {
    history.push_back(write(0, static_cast<uint64_t>(i), 10 * i, 10 * i + 5));
    for (uint32_t reader = 1; reader <= kReaders; ++reader) {
      history.push_back(read(reader, static_cast<uint64_t>(i), 10 * i - 1000, 10 * i + 9));
    }
  }
  CHECK(is_linearizable(history));
  history.push_back(read(1, kWrites - 1, 10 * kWrites + 10, 10 * kWrites + 11));
  CHECK(!is_linearizable(history));
}

}  // namespace slotway::tests
