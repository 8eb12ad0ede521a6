// ValueOperations: what the engine must be able to do with a value that stands outside of its
// entry, whatever its type. One constant for each type, defined in types/.
#pragma once

#include <cstddef>
#include <string_view>

#include "backend/engine/entry.h"

namespace slotway::backend {

struct ValueOperations {
  std::string_view name;  // as TYPE prints it
  // Gives the value back, on the engine's thread.
  void (*destroy)(Entry::Reference value);
  // What `destroy` costs: about the number of allocations, or of pages of memory.
  size_t (*effort)(Entry::Reference value);
  // On the engine's thread: whether `destroy_elsewhere` may be used, because nobody else refers to
  // the value.
  bool (*is_sole_owner)(Entry::Reference value);
  // Gives the value back on any thread.
  void (*destroy_elsewhere)(Entry::Reference value);
  // An independent copy.
  Entry::Reference (*copy)(Entry::Reference value);
  // Bytes of memory that the value takes.
  size_t (*memory)(Entry::Reference value);
};

const ValueOperations& operations_of(Type type);

}  // namespace slotway::backend
