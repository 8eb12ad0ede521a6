// Strings that commands change where they stand.
#pragma once

#include <cstddef>

#include "backend/call.h"

namespace slotway::backend {

// The bytes of the string in `cell`, made raw, writable, and `size` bytes long with zeros behind
// the old ones; `size` is at least what it was. Copies them if a reply still refers to them. `cell`
// is null for a key that is not there yet. The bytes are good until the entry changes. Null, and
// the error is answered, if it would grow beyond maxmemory.
char* edit_string(const Call& call, const Key& key, Cell* cell, size_t size);

}  // namespace slotway::backend
