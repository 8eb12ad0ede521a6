// What OBJECT, MEMORY and DEBUG say about an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/call.h"

namespace slotway::backend {

std::string_view encoding_name(const Entry* entry);
uint32_t idle_seconds(const Call& call, const Entry* entry);
// Bytes, with the key's share in the tables.
size_t usage_of(const Entry* entry);

}  // namespace slotway::backend
