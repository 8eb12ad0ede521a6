// MemoryTrim: gives memory that a burst has left behind back to the kernel.
//
// The C library keeps freed memory of worker threads for later. Every two seconds the control
// thread looks how much is free, and has it released when it is a good deal more than what was free
// after the last time. That holds up a thread that allocates meanwhile, for tens of milliseconds
// after a large burst: so only once the amount has stood still for two seconds. Even looking walks
// over every free piece, which takes a second in the fragmented heap of a large embedded shard:
// with shards in the process nothing is done.
#pragma once

#include <uv.h>

#include <cstddef>

#include "proxy/embedded_shards.h"

namespace slotway::proxy {

class MemoryTrim {
 public:
  // Starts on the loop. stop() before the loop ends; `shards` must last until then.
  MemoryTrim(uv_loop_t* loop, const EmbeddedShards& shards);
  MemoryTrim(const MemoryTrim&) = delete;
  MemoryTrim& operator=(const MemoryTrim&) = delete;
  void stop() { uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr); }

 private:
  void check();

  const EmbeddedShards& shards_;
  uv_timer_t timer_;
  size_t released_ = 0;  // free bytes that the kernel has back
  size_t before_ = 0;    // free bytes two seconds ago
};

}  // namespace slotway::proxy
