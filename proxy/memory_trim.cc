#include "proxy/memory_trim.h"

#include <malloc.h>

#include <algorithm>

namespace slotway::proxy {

namespace {

constexpr uint64_t kEveryMs = 2000;

// Of all arenas.
size_t free_bytes() { return ::mallinfo2().fordblks; }

}  // namespace

MemoryTrim::MemoryTrim(uv_loop_t* loop) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<MemoryTrim*>(timer->data)->check(); }, kEveryMs,
      kEveryMs);
}

void MemoryTrim::check() {
  const size_t free_now = free_bytes();
  released_ = std::min(released_, free_now);  // less: some of it is in use again
  if (!worth_trimming(free_now, released_)) return;
  ::malloc_trim(0);
  released_ = free_bytes();
}

}  // namespace slotway::proxy
