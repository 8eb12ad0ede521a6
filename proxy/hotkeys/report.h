// The report of hot keys: what the workers saw, summed by key. Plain functions on values; any
// thread.
#pragma once

#include <memory>
#include <span>

#include "proxy/hotkeys/detector.h"

namespace slotway::proxy::hotkeys {

// Says of each hot key of `now` since when it is: since `now`, or what `before`, of the same
// worker, says of it. The detector has no room for that.
void keep_since(const Snapshot& before, Snapshot& now);

// One snapshot of each worker becomes one of the process: rates are summed, shares are of all
// requests of all workers, a key is hot by what it is hot by on any worker, and since it was so on
// the first of them. The hottest first: `heat` is the greatest of any worker's, and of equally hot
// keys the one with more requests comes first. At most `most` keys.
// Null stands for a worker that has said nothing.
Snapshot sum(std::span<const std::shared_ptr<const Snapshot>> workers, size_t most);

// Which keys of `now` are hot and were not in `before`, and the other way round; for messages.
struct Changes {
  std::vector<HotKey> hot;
  std::vector<HotKey> cooled;  // as they were in `before`
};
Changes changes(const Snapshot& before, const Snapshot& now);

}  // namespace slotway::proxy::hotkeys
