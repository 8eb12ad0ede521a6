// ShardState: what the workers share of one shard whose keys they cache.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace slotway::proxy {

class ShardState {
 public:
  explicit ShardState(size_t workers) : barriers_(workers) {}

  // As a key's version, of all keys of the shard: FLUSHALL, a script, a slot that moves, the loss
  // of a connection by which keys were asked for. [any thread]
  std::atomic<uint64_t>& epoch() { return epoch_; }
  const std::atomic<uint64_t>& epoch() const { return epoch_; }
  void bump() { epoch_.fetch_add(1, std::memory_order_seq_cst); }

  // The monotonic time, in nanoseconds, up to which that worker has handled all that the shard had
  // to say of the keys that it has asked for. Written by that worker, read by all.
  std::atomic<uint64_t>& barrier(size_t worker) { return barriers_[worker].time_ns; }
  const std::atomic<uint64_t>& barrier(size_t worker) const { return barriers_[worker].time_ns; }
  // Whether that worker can ask the shard for keys now: others need not ask it to. The same.
  void set_fetches(size_t worker, bool can) {
    barriers_[worker].fetches.store(can, std::memory_order_release);
  }
  bool fetches(size_t worker) const {
    return barriers_[worker].fetches.load(std::memory_order_acquire);
  }

 private:
  // Each on a cache line of its own: they are written fifty times a second.
  struct alignas(64) Barrier {
    std::atomic<uint64_t> time_ns{0};
    std::atomic<bool> fetches{false};
  };

  alignas(64) std::atomic<uint64_t> epoch_{0};
  std::vector<Barrier> barriers_;
};

// The states of all shards of a pool, by the server: workers that come to the same one over a
// reload share it. [any thread]
class ShardStates {
 public:
  std::shared_ptr<ShardState> of(const std::string& server, size_t workers) {
    const std::scoped_lock lock(mutex_);
    std::weak_ptr<ShardState>& known = states_[server];
    std::shared_ptr<ShardState> state = known.lock();
    if (!state) known = state = std::make_shared<ShardState>(workers);
    return state;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<ShardState>> states_;
};

}  // namespace slotway::proxy
