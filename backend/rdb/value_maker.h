// Entries of what a payload holds, in the forms that the settings ask for.
#pragma once

#include <cstdint>

#include "backend/engine/engine.h"
#include "backend/rdb/decoder.h"
#include "backend/settings.h"

namespace slotway::backend {

// Puts the value at the key, which is not there. `expiry_ms` may be Entry::kNoExpiry. The value is
// used up. Returns the key's cell.
Cell* put_value(Engine& engine, Database& database, const Key& key, const RdbValue& value,
                const Settings& settings, int64_t expiry_ms);

}  // namespace slotway::backend
