#include "tests/support/linearizability.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace slotway::tests {

namespace {

constexpr int64_t kEver = std::numeric_limits<int64_t>::min();

// A value: its write and the reads that saw it.
struct Cluster {
  Operation write;
  bool is_written = false;        // so far
  int64_t first_end = write.end;  // of any of them
  int64_t last_call = write.call;
  std::vector<size_t> next = {};  // what a session has seen behind it
  size_t before = 0;              // how many are not placed that have this one in `next`
  bool is_placed = false;
};

std::string describe(const Cluster& cluster) {
  return std::to_string(cluster.write.value) + " [known at " + std::to_string(cluster.first_end) +
         ", asked for until " + std::to_string(cluster.last_call) + "]";
}

// Puts the values in an order, the first that may come first at each step. One comes before another
// if any operation on it had ended before any on the other was called, or came before it in a
// session; if no value may come next, there is a circle.
class Order {
 public:
  // Of the values of the history; what is wrong with one of them alone, if anything.
  std::string gather(const std::vector<Operation>& history) {
    add({true, 0, Operation::kInitial, kEver, kEver});
    clusters_.front().is_written = true;
    std::set<uint64_t> seen;
    for (const Operation& each : history) {
      if (!each.is_write) seen.insert(each.value);
    }
    for (const Operation& each : history) {
      const bool perhaps_never = each.end == Operation::kOpen && !seen.contains(each.value);
      if (each.is_write && !perhaps_never) add(each);
    }
    std::unordered_map<uint32_t, size_t> last_of_session;
    for (const Operation& each : history) {
      const auto known = by_value_.find(each.value);
      if (known == by_value_.end()) {
        if (each.is_write) continue;
        return "nobody has written " + std::to_string(each.value);
      }
      Cluster& cluster = clusters_[known->second];
      const Operation& write = cluster.write;
      if (each.is_write) {
        cluster.is_written = true;
      } else if (each.end < write.call || (each.session == write.session && !cluster.is_written)) {
        return "read before it was written: " + describe(cluster);
      }
      cluster.first_end = std::min(cluster.first_end, each.end);
      cluster.last_call = std::max(cluster.last_call, each.call);
      const auto [last, is_first] = last_of_session.try_emplace(each.session, 0);
      if (last->second != known->second) follows(last->second, known->second);
      // It may be carried out long after its session was told that it has failed.
      if (each.end != Operation::kOpen) last->second = known->second;
    }
    return {};
  }

  // Empty if all have their places.
  std::string find_circle() {
    for (size_t i = 0; i < clusters_.size(); ++i) {
      by_end_.emplace(clusters_[i].first_end, i);
      if (clusters_[i].before == 0) free_.emplace(clusters_[i].last_call, i);
    }
    while (!by_end_.empty()) {
      const size_t earliest = by_end_.begin()->second;
      // Only the earliest end can keep others back, and the next one the earliest.
      std::optional<size_t> next;
      if (clusters_[earliest].before == 0 && !blocker(earliest)) {
        next = earliest;
      } else {
        auto least = free_.begin();
        if (least != free_.end() && least->second == earliest) ++least;
        if (least != free_.end() && !blocker(least->second)) next = least->second;
      }
      if (!next) return circle(earliest);
      place(*next);
    }
    return {};
  }

 private:
  void add(const Operation& write) {
    by_value_.emplace(write.value, clusters_.size());
    clusters_.push_back({.write = write});
  }

  void follows(size_t before, size_t after) {
    clusters_[before].next.push_back(after);
    ++clusters_[after].before;
  }

  // One that is not placed and had ended before that one was asked for.
  std::optional<size_t> blocker(size_t of) const {
    auto first = by_end_.begin();
    if (first->second == of) ++first;
    if (first == by_end_.end() || first->first >= clusters_[of].last_call) return std::nullopt;
    return first->second;
  }

  void place(size_t which) {
    Cluster& cluster = clusters_[which];
    cluster.is_placed = true;
    by_end_.erase({cluster.first_end, which});
    free_.erase({cluster.last_call, which});
    for (const size_t next : cluster.next) {
      if (--clusters_[next].before == 0) free_.emplace(clusters_[next].last_call, next);
    }
  }

  // From one that cannot be placed, always to one that would have to come before it.
  std::string circle(size_t from) const {
    std::vector<size_t> path;
    for (size_t at = from; std::ranges::count(path, at) == 0;) {
      path.push_back(at);
      if (const std::optional<size_t> before = blocker(at)) {
        at = *before;
        continue;
      }
      at = static_cast<size_t>(std::distance(
          clusters_.begin(), std::ranges::find_if(clusters_, [&](const Cluster& each) {
            return !each.is_placed && std::ranges::count(each.next, at) > 0;
          })));
    }
    std::string text = "each of these comes after the next, and the last after one of them:";
    for (const size_t each : path) text += " " + describe(clusters_[each]);
    return text;
  }

  std::vector<Cluster> clusters_;
  std::unordered_map<uint64_t, size_t> by_value_;
  // What is not placed: by its first end; with nothing before it in any session, by its last call.
  std::set<std::pair<int64_t, size_t>> by_end_;
  std::set<std::pair<int64_t, size_t>> free_;
};

}  // namespace

std::string find_violation(const std::vector<Operation>& history) {
  Order order;
  std::string alone = order.gather(history);
  return alone.empty() ? order.find_circle() : alone;
}

}  // namespace slotway::tests
