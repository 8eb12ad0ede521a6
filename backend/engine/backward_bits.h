// The bits of a word in backward order: what makes scan positions survive the growth of a table.
// Stateless.
#pragma once

#include <cstdint>

namespace slotway::backend {

inline uint64_t backward_bits(uint64_t bits) {
  bits = ((bits >> 1) & 0x5555555555555555u) | ((bits & 0x5555555555555555u) << 1);
  bits = ((bits >> 2) & 0x3333333333333333u) | ((bits & 0x3333333333333333u) << 2);
  bits = ((bits >> 4) & 0x0f0f0f0f0f0f0f0fu) | ((bits & 0x0f0f0f0f0f0f0f0fu) << 4);
  return __builtin_bswap64(bits);
}

}  // namespace slotway::backend
