// PackedValue: the value of an entry that is one piece of bytes (a listpack, an intset), to be
// changed in place.
//
// Up to Entry::kMaxInline bytes stand in the entry itself, more in a block of their own. A Storage
// for listpack.h. A view of one found cell: good until something else changes the database. One
// engine thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "backend/engine/database.h"

namespace slotway::backend {

// The bytes of such an entry; good until the entry changes.
std::string_view packed_bytes(const Entry* entry);

// A new entry of this type with `size` bytes still to be written: fill them through packed_data().
Entry* make_packed(std::string_view key, Type type, Encoding encoding, size_t size,
                   int64_t expiry_ms);
char* packed_data(Entry* entry);

class PackedValue {
 public:
  // `cell` is what the database has found for the key; all three must outlive this.
  PackedValue(Database& database, const Key& key, Cell& cell)
      : database_(database), key_(key), cell_(cell) {}

  Entry* entry() const { return cell_.entry(); }
  char* data() const { return packed_data(entry()); }
  size_t size() const { return packed_bytes(entry()).size(); }
  // Keeps the bytes, as many as there is room for. The entry and data() may be others afterwards.
  void resize(size_t size);

 private:
  Database& database_;
  const Key& key_;
  Cell& cell_;
};

}  // namespace slotway::backend
