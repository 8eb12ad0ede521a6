#include "proxy/memory_trim.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

namespace slotway::proxy {

namespace {

constexpr uint64_t kEveryMs = 2000;
constexpr size_t kWorthIt = 1 << 20;  // bytes

// Of all arenas.
size_t free_bytes() { return ::mallinfo2().fordblks; }

}  // namespace

MemoryTrim::MemoryTrim(uv_loop_t* loop, const EmbeddedShards& shards) : shards_(shards) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<MemoryTrim*>(timer->data)->check(); }, kEveryMs,
      kEveryMs);
}

void MemoryTrim::check() {
  if (!shards_.empty()) return;
  const size_t free_now = free_bytes();
  released_ = std::min(released_, free_now);  // less: some of it is in use again
  const size_t before = std::exchange(before_, free_now);
  const size_t change = before > free_now ? before - free_now : free_now - before;
  if (free_now <= released_ + kWorthIt || change > kWorthIt / 4) return;
  ::malloc_trim(0);
  released_ = free_bytes();
}

}  // namespace slotway::proxy
