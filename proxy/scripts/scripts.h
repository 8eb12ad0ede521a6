// Scripts: what one worker knows of the Lua scripts that the clients of a pool have brought.
//
// One worker thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "proxy/scripts/script_cache.h"

namespace slotway::proxy {

class Scripts {
 public:
  explicit Scripts(ScriptCache& shared) : shared_(shared) {}

  // The script can be called by its digest from now on. No lock for one that was learnt before.
  void learn(std::string_view text);
  // Null if nobody has brought it. Takes a lock.
  ScriptRef find(const wire::Sha1& digest) { return shared_.find(digest); }
  // SCRIPT FLUSH.
  void forget_all() { shared_.clear(); }
  // Changes when shards have been told to forget what they were given.
  uint64_t clears() const { return shared_.clears(); }

  // That so many shards were found busy with a script, where it may have been others before.
  void note_busy(size_t shards) {
    if (shards == busy_) return;
    shared_.add_busy(static_cast<int64_t>(shards) - static_cast<int64_t>(busy_));
    busy_ = shards;
  }
  // Whether any worker has found any.
  bool has_busy() const { return shared_.has_busy(); }

 private:
  // Of known_, which refers to texts that the cache may have dropped.
  static constexpr size_t kMaxKnown = 1024;
  static constexpr size_t kMaxKnownBytes = 4u << 20;

  ScriptCache& shared_;
  std::unordered_map<std::string_view, ScriptRef> known_;  // by text
  size_t known_bytes_ = 0;
  size_t busy_ = 0;
  uint64_t known_at_ = 0;  // clears and evictions of shared_ when known_ was begun
};

}  // namespace slotway::proxy
