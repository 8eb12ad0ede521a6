// MemoryLimit: keeps what the keys and the clients take below maxmemory, by eviction of keys; and
// what the clients take below maxmemory-clients, by closing those that take the most.
//
// Owned by the Store; the server's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "backend/engine/eviction.h"

namespace slotway::backend {

struct Store;

class MemoryLimit {
 public:
  explicit MemoryLimit(Store& store);

  // To be called when settings have changed.
  void follow_settings();

  // Bytes of all databases, of all clients' buffers and of what is kept for clients.
  uint64_t used() const;
  // The most that used() was at any check(), and now.
  uint64_t peak() const { return std::max(peak_, used()); }
  // The share of the clients, all of them together.
  uint64_t of_clients() const { return client_bytes_; }
  // One of the clients takes `now` bytes instead of `before`.
  void count_client(size_t before, size_t now) { client_bytes_ += now - before; }
  // Closes clients, the largest first, until all together are within maxmemory-clients. Not while a
  // command is carried out.
  void keep_client_limit() {
    if (client_limit_ != 0 && client_bytes_ > client_limit_) [[unlikely]]
      evict_clients();
  }
  // Evicts until used() is within the limit, or for a fraction of a millisecond: what is left over
  // then is for the next call. False if nothing more can go and too much is used: commands that
  // need memory must be refused.
  bool make_room();
  // Whether a command that is small itself may take `bytes` more: not many at a time beyond the
  // limit, in front of which all else is refused only once it has been passed.
  bool has_room_for(uint64_t bytes) const;

  // To be called about every tenth of a second.
  void check();

 private:
  void evict_clients();

  Store& store_;
  Eviction eviction_;
  uint64_t client_bytes_ = 0;
  uint64_t client_limit_ = 0;    // 0: none
  bool all_are_spared_ = false;  // those that are left over the limit, until the next check()
  uint64_t peak_ = 0;
};

}  // namespace slotway::backend
