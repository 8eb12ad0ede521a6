// Look-ups of keys that must hold a value of one type.
#pragma once

#include <optional>

#include "backend/call.h"

namespace slotway::backend {

// The entry to read; null if the key is not there. Without a value, it holds another type and the
// error has been answered.
inline std::optional<const Entry*> read_as(const Call& call, const Key& key, Type type) {
  const Entry* const entry = call.database().read(key);
  if (!entry || entry->type() == type) [[likely]]
    return entry;
  call.reply.error(kWrongType);
  return std::nullopt;
}

// The same for a command that changes the value.
inline std::optional<Cell*> find_as(const Call& call, const Key& key, Type type) {
  Cell* const cell = call.database().find_for_write(key);
  if (!cell || cell->entry()->type() == type) [[likely]]
    return cell;
  call.reply.error(kWrongType);
  return std::nullopt;
}

}  // namespace slotway::backend
