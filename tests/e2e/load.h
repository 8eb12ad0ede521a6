// Load: clients that send without pause, each on a key of its own, and check each reply.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

namespace slotway::tests {

// What one of the clients has seen.
struct Seen {
  int64_t counted = 0;  // INCRs that were answered by a number
  int64_t errors = 0;   // those answered by an error that names a shard
  // Errors behind which a number came again.
  int64_t healed = 0;
  std::string wrong;  // the first reply that should not have come
};

class Load {
 public:
  // Each client sends pipelines of an INCR of its key and an ECHO, `depth` times in one. As an INCR
  // that failed may have been executed, a number may then be higher than expected, never lower.
  Load(uint16_t port, const std::vector<std::string>& keys, int depth = 10);
  ~Load() { stop_ = true; }

  // Waits until every client has had `count` further numbers. False if one is not getting there.
  bool goes_on(int64_t count = 50);
  // Ends them and gives what each has seen, in the order of the keys.
  std::vector<Seen> finish();
  // From now on the server may close the connections, in front of any reply.
  void expect_end() { may_close_ = true; }

 private:
  Seen talk(uint16_t port, const std::string& key, size_t index, int depth);

  std::atomic<bool> stop_{false};
  std::atomic<bool> may_close_{false};
  std::vector<std::atomic<int64_t>> progress_;
  std::vector<std::future<Seen>> clients_;
};

}  // namespace slotway::tests
