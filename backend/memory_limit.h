// MemoryLimit: keeps what the keys and the clients take below maxmemory, by eviction.
//
// Owned by the Store; the server's thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend/engine/eviction.h"

namespace slotway::backend {

struct Store;

class MemoryLimit {
 public:
  explicit MemoryLimit(Store& store);

  // To be called when settings have changed.
  void follow_settings();

  // Bytes of all databases and of all clients' buffers, these as of the last check().
  uint64_t used() const;
  // The most that used() was at any check(), and now.
  uint64_t peak() const { return std::max(peak_, used()); }
  // The share of all clients' buffers.
  uint64_t of_clients() const { return client_bytes_; }
  // Evicts until used() is within the limit, or for a fraction of a millisecond: what is left over
  // then is for the next call. False if nothing more can go and too much is used: commands that
  // need memory must be refused.
  bool make_room();

  // To be called about every tenth of a second.
  void check();

 private:
  Store& store_;
  Eviction eviction_;
  uint64_t client_bytes_ = 0;
  uint64_t peak_ = 0;
};

}  // namespace slotway::backend
