// Key: a key's bytes with the two numbers that lead to it. A view; the bytes are the caller's.
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/engine/hash.h"
#include "wire/slot.h"

namespace slotway::backend {

struct Key {
  std::string_view bytes;
  uint64_t hash = 0;
  wire::Slot slot = 0;

  Key() = default;
  explicit Key(std::string_view text)
      : bytes(text), hash(hash_bytes(text)), slot(wire::slot_of_key(text)) {}
};

}  // namespace slotway::backend
