// SCAN over all shards without state in the session: the cursor holds the shard and the shard's own
// cursor, one shard after the other in the order of the topology.
//
//   bit 63 0 | bits 48-62 shard | bits 0-47 cursor of the shard
//
// 0 starts and 0 ends, as everywhere. A reload that reorders shards makes older cursors point to
// other shards; a scan under way may then miss keys.
#pragma once

#include <cstdint>
#include <optional>

#include "proxy/router.h"

namespace slotway::proxy {

struct ScanCursor {
  uint16_t shard = 0;
  uint64_t cursor = 0;  // below 2^48

  static std::optional<ScanCursor> decode(std::string_view text, size_t shards);
  uint64_t encode() const { return static_cast<uint64_t>(shard) << 48 | cursor; }
};

Routed scan(Session& session, const wire::Command& command, wire::Args args);

}  // namespace slotway::proxy
