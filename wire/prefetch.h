// Tells the processor to bring a line of memory into its cache, ahead of its use.
#pragma once

namespace slotway::wire {

// Any address will do; nothing is read or written. GCC takes a function that does nothing but call
// its built-in for one without an effect, and leaves out the calls to it: the empty statement is
// an effect.
inline void prefetch(const void* line) {
  __builtin_prefetch(line);
  asm volatile("");
}
inline void prefetch_for_write(const void* line) {
  __builtin_prefetch(line, 1);
  asm volatile("");
}

}  // namespace slotway::wire
