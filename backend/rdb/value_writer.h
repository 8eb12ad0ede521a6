// Values as the RDB format has them: small ones as the very bytes that they are.
#pragma once

#include "backend/engine/entry.h"
#include "backend/rdb/writer.h"

namespace slotway::backend {

// The type, then the value.
void write_value(const Entry* entry, RdbWriter& writer);

}  // namespace slotway::backend
