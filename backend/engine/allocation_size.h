// How much the allocator really gives for a request.
#pragma once

#include <bit>
#include <cstddef>

namespace slotway::backend {

// Bytes that an allocation of `size` bytes takes: mimalloc's size classes, which are 16 bytes apart
// at first and then a quarter of a power of two.
constexpr size_t allocation_size(size_t size) {
  constexpr size_t kFineUpTo = 128;
  const size_t step = size <= kFineUpTo ? 16 : std::bit_floor(size - 1) / 4;
  return (size + step - 1) & ~(step - 1);
}

}  // namespace slotway::backend
