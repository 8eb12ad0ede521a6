// Admission: what becomes of a command behind MULTI, by its row, its arguments and the number of
// shards that the pool has now.
#pragma once

#include <optional>
#include <string>

#include "proxy/router.h"

namespace slotway::proxy {

inline bool has_one_shard(const Session& session) { return session.pool().shards().size() == 1; }

struct Admission {
  // Who carries it out.
  enum class Place : uint8_t {
    kShard,      // in the block for the one shard
    kHere,       // the proxy, behind the block
    kAllShards,  // the same: it has every shard do it
    kBoth,       // SELECT: the proxy, and the shard for what comes behind it there
  };
  Place place = Place::kShard;
  bool needs_one_shard = false;         // it is not for one shard among several
  std::optional<wire::Slot> slot = {};  // of its keys
  std::string refusal = {};             // why it cannot be queued at all, or empty

  bool is_in_block() const { return place == Place::kShard || place == Place::kBoth; }
  bool is_here() const { return place != Place::kShard; }
};

// For what does not run at once behind MULTI.
Admission admit(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
