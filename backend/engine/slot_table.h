// SlotTable: the entries of one slot of one database, and the bytes that they take.
#pragma once

#include <array>

#include "backend/engine/allocation.h"
#include "backend/engine/entry.h"
#include "backend/engine/key.h"
#include "backend/engine/linear_table.h"

namespace slotway::backend {

struct SlotTable : LinearTable<Entry> {
  uint64_t entry_bytes = 0;                       // of the entries with their values
  std::array<uint32_t, kTypeCount - 1> others{};  // how many are no strings, by type behind kString

  uint64_t table_bytes() const {
    return memory() - sizeof(LinearTable<Entry>) + allocation_size(sizeof *this);
  }
  uint64_t bytes() const { return entry_bytes + table_bytes(); }
};
using Cell = SlotTable::Cell;

}  // namespace slotway::backend
