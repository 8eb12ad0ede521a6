// MemoryTrim: gives memory that a burst has left behind back to the kernel.
//
// The C library keeps freed memory of worker threads for later. Every two seconds the control
// thread looks how much is free, and has it released when it is a good deal more than what was free
// after the last time. Costs a walk over the free chunks under the allocator's locks: under a
// steady load there are few.
#pragma once

#include <uv.h>

#include <cstddef>

namespace slotway::proxy {

// Whether `free_bytes`, of which `released` were left free by the last release, are worth another.
constexpr bool worth_trimming(size_t free_bytes, size_t released) {
  return free_bytes > released + (1 << 20);
}

class MemoryTrim {
 public:
  // Starts on the loop. stop() before the loop ends.
  explicit MemoryTrim(uv_loop_t* loop);
  MemoryTrim(const MemoryTrim&) = delete;
  MemoryTrim& operator=(const MemoryTrim&) = delete;
  void stop() { uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr); }

 private:
  void check();

  uv_timer_t timer_;
  size_t released_ = 0;  // free bytes that the kernel has back
};

}  // namespace slotway::proxy
