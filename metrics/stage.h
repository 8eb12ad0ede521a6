// Stage: the parts of the time that a forwarded request takes, each from the end of the one before.
//
// One list for the metrics, the slow log, traces and the admin API.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotway::metrics {

enum class Stage : uint8_t {
  kRoute,  // from the turn of the loop that read it until it was routed and that turned to writing
  kQueue,  // until the kernel had taken its bytes for the shard
  kShard,  // until the shard's reply had been read
  kOrder,  // until all replies before it, to the same client, were there
  kWrite,  // until the kernel had taken the reply
};
inline constexpr std::array<std::string_view, 5> kStageNames = {"route", "queue", "shard", "order",
                                                                "write"};
inline constexpr size_t kStageCount = kStageNames.size();

}  // namespace slotway::metrics
