// ValueOperations: what the engine must be able to do with a value that stands outside of its
// entry, whatever it is made of. One constant for each kind of structure, defined in types/.
#pragma once

#include <cstddef>
#include <string_view>

#include "backend/engine/entry.h"
#include "backend/engine/relocation.h"

namespace slotway::backend {

struct ValueOperations {
  // Gives the value back.
  void (*destroy)(Entry::Reference value);
  // What `destroy` costs: about the number of allocations, or of pages of memory.
  size_t (*effort)(Entry::Reference value);
  // Gives back so much of the value as takes some microseconds; true if nothing is left. The value
  // is good for nothing but more of this then. Null: `destroy` never takes long.
  bool (*destroy_part)(Entry::Reference value) = nullptr;
  // An independent copy.
  Entry::Reference (*copy)(Entry::Reference value);
  // Bytes of memory that the value takes. O(1).
  size_t (*memory)(Entry::Reference value);
  // Moves some of the value's allocations, one at least and then until the step is full, from
  // `position` on, which is 0 at first. Returns the position from which to go on, or 0 at the end.
  // The value may change between the calls: some of it may be left out then.
  uint64_t (*relocate)(Entry::Reference& value, uint64_t position, Relocation& relocation);
};

// `destroy_part` for a value that is a T with `bool dismantle()`, which gives a part back and is
// false if nothing was left.
template <typename T>
bool dismantle_and_delete(Entry::Reference value) {
  auto* const object = static_cast<T*>(value.object);
  if (object->dismantle()) return false;
  delete object;
  return true;
}

// Of values of this encoding that stand outside of their entry.
const ValueOperations& operations_of(Encoding encoding);

// As TYPE prints it.
std::string_view type_name(Type type);

// Bytes of an entry with its value.
inline size_t memory_of(const Entry* entry) {
  if (!entry->is_reference()) [[likely]]
    return entry->allocated();
  return entry->allocated() + operations_of(entry->encoding()).memory(entry->reference());
}

}  // namespace slotway::backend
