// CachedReply: what one shard has answered to one command, and what tells how long that holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/shard_state.h"

namespace slotway::proxy {

// Where a cached reply stands among versions: taken before its command was sent.
struct Stamp {
  KeyVersions::Cell* cell = nullptr;
  uint64_t version = 0;
  uint64_t epoch = 0;  // of the shard

  static Stamp of(KeyVersions::Cell& cell, const ShardState& state) {
    return {&cell, cell.version.load(std::memory_order_seq_cst),
            state.epoch().load(std::memory_order_seq_cst)};
  }
  bool holds(const ShardState& state) const {
    return cell->version.load(std::memory_order_acquire) == version &&
           state.epoch().load(std::memory_order_acquire) == epoch;
  }
};

// What is to be asked for.
struct FetchOrder {
  KeyVersions::Cell* cell;
  uint64_t hash;
  uint8_t database;
  bool null_arrays;  // as the command's row has it
  std::string key;
  std::string request;    // the command's bytes
  bool has_stable_order;  // the same data gives the same bytes
  uint64_t max_ttl_ns;    // it is kept no longer

  bool is_same(const FetchOrder& other) const { return is(other.request, other.database); }
  bool is(std::string_view other_request, uint8_t other_database) const {
    return database == other_database && request == other_request;
  }
};

// Immutable; shared by the workers, each of which holds a reference of its own.
struct CachedReply {
  FetchOrder order;
  std::string resp3;  // the reply as a client of RESP3 gets it
  std::string resp2;  // and one of RESP2, if that differs
  Stamp stamp;
  std::shared_ptr<const ShardState> shard;
  size_t owner = 0;          // the worker that has asked for it
  uint64_t deadline_ns = 0;  // of the monotonic clock

  std::string_view reply(int protocol) const {
    return protocol == 3 || resp2.empty() ? resp3 : resp2;
  }
  size_t bytes() const {
    return sizeof *this + order.key.size() + order.request.size() + resp3.size() + resp2.size();
  }

  // Rule R2. `now_ns` was taken after the request had been received. `staleness_ns`: how old the
  // proof may be that the shard has nothing new to say.
  bool can_be_served(uint64_t now_ns, uint64_t staleness_ns) const {
    const uint64_t barrier_ns = shard->barrier(owner).load(std::memory_order_acquire);
    return stamp.holds(*shard) && now_ns < deadline_ns && now_ns <= barrier_ns + staleness_ns;
  }
};

}  // namespace slotway::proxy
