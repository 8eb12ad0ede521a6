// HyperLogLogs as the commands find and leave them at their keys.
#pragma once

#include <string_view>

#include "backend/call.h"

namespace slotway::backend {

inline constexpr std::string_view kCorruptHll = "INVALIDOBJ Corrupted HLL object detected";

// Whether the entry is a HyperLogLog; if not, the error has been answered.
bool check_hll(const Call& call, const Entry* entry);

// ---- of an entry that is one
std::string_view hll_bytes(const Entry* entry);
// The same, to be written to; see edit_string().
char* edit_hll(const Call& call, const Key& key, Cell* cell);

// Writes the value to the key, whose cell is null if it is not there; it keeps its expiry. `value`
// does not lie inside of the entry.
void store_hll(const Call& call, const Key& key, Cell* cell, std::string_view value);

}  // namespace slotway::backend
