// Allocations whose real size is known, so that what is counted is what is taken.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace slotway::backend {

// Bytes that an allocation of `size` bytes takes: mimalloc's size classes, which are 16 bytes apart
// at first and then a quarter of a power of two.
constexpr size_t allocation_size(size_t size) {
  constexpr size_t kFineUpTo = 128;
  const size_t step = size <= kFineUpTo ? 16 : std::bit_floor(size - 1) / 4;
  return (size + step - 1) & ~(step - 1);
}

// Uninitialised. Throws std::bad_alloc.
inline void* allocate(size_t size) {
  void* const memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  return memory;
}

// The allocation, which was of `from` bytes, with `to` bytes; it may have moved. Unlike realloc(),
// which leaves what becomes down to a half smaller in its place, it gives the difference back.
// Null without memory, and nothing has changed then.
inline void* try_reallocate(void* memory, size_t from, size_t to) {
  if (allocation_size(to) >= allocation_size(from)) return std::realloc(memory, to);
  void* const smaller = std::malloc(to);
  if (!smaller) return nullptr;
  std::memcpy(smaller, memory, std::min(from, to));
  std::free(memory);
  return smaller;
}

// The same, but throws std::bad_alloc.
inline void* reallocate(void* memory, size_t from, size_t to) {
  void* const fresh = try_reallocate(memory, from, to);
  if (!fresh) throw std::bad_alloc();
  return fresh;
}

}  // namespace slotway::backend
