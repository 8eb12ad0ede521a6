// Going over a command's many keys, some of them at a time, so that their waits for memory overlap.
#pragma once

#include <algorithm>
#include <array>

#include "backend/call.h"

namespace slotway::backend {

// Calls visit(const Key&, size_t index) for the arguments 1, 1 + step, ... in their order.
template <typename Visit>
void for_each_key(const Call& call, size_t step, Visit&& visit) {
  constexpr size_t kAhead = 16;
  std::array<Key, kAhead> keys;
  for (size_t next = 1; next < call.args.size();) {
    const size_t left = (call.args.size() - next + step - 1) / step;
    const size_t count = std::min(left, kAhead);
    for (size_t i = 0; i < count; ++i) keys[i] = call.key(next + i * step);
    if (count > 1) call.database().keyspace().prefetch({keys.data(), count});
    for (size_t i = 0; i < count; ++i, next += step) visit(keys[i], next);
  }
}

}  // namespace slotway::backend
