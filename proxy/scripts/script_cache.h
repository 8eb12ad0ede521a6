// ScriptCache: the Lua scripts that clients of a pool have brought, so that a shard that does not
// know one can be given it.
//
// In one Redis a script that EVAL or SCRIPT LOAD has brought once can be called by its digest from
// then on, whatever its keys; here it may have gone to another shard, or the shard may have been
// restarted since. Bounded in bytes: the scripts that were needed longest ago are forgotten, and
// EVALSHA of such a one is again answered by the shard alone. Shared by all workers; any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "wire/sha1.h"

namespace slotway::proxy {

struct Script {
  wire::Sha1 digest;
  std::string text;
};
using ScriptRef = std::shared_ptr<const Script>;

class ScriptCache {
 public:
  static constexpr size_t kMaxBytes = 32u << 20;
  static constexpr size_t kOverhead = 256;  // counted for each script beside its text

  explicit ScriptCache(size_t max_bytes = kMaxBytes) : max_bytes_(max_bytes) {}

  // A script that is larger than all that may be kept is not taken.
  void add(ScriptRef script);
  // Null if it is not known.
  ScriptRef find(const wire::Sha1& digest);
  // SCRIPT FLUSH.
  void clear();

  // Counts what makes other knowledge stale: how often all, and how often some, were forgotten.
  uint64_t clears() const { return clears_.load(std::memory_order_acquire); }
  uint64_t evictions() const { return evictions_.load(std::memory_order_acquire); }

  // How many shards are busy with a script, as each worker has found it: one that does not wait
  // for the script itself would not find out.
  void add_busy(int64_t shards) { busy_.fetch_add(shards, std::memory_order_relaxed); }
  bool has_busy() const { return busy_.load(std::memory_order_relaxed) > 0; }

 private:
  using Recent = std::list<ScriptRef>;  // the one that was needed last in front

  void make_room(size_t bytes);

  const size_t max_bytes_;
  std::atomic<uint64_t> clears_{0};
  std::atomic<uint64_t> evictions_{0};
  std::atomic<int64_t> busy_{0};
  std::mutex mutex_;  // guards the rest
  Recent recent_;
  std::unordered_map<wire::Sha1, Recent::iterator, wire::Sha1Hash> by_digest_;
  size_t bytes_ = 0;
};

}  // namespace slotway::proxy
