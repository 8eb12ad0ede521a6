// Digests of values and of whole data sets, as DEBUG DIGEST of Redis has them: the same for the
// same contents, whatever the order of keys, members and fields and whatever they are kept in.
#pragma once

#include <string>

#include "backend/engine/engine.h"

namespace slotway::backend {

// 40 hexadecimal digits; zeros for null.
std::string digest_of_value(const Entry* entry);
std::string digest_of_all(Engine& engine);

}  // namespace slotway::backend
