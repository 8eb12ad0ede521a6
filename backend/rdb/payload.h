// DUMP payloads: a value (decoder.h), two bytes with the version of the format, and the CRC-64 of
// all that. Any bytes may be looked at.
#pragma once

#include <string>
#include <string_view>

#include "backend/engine/entry.h"
#include "backend/rdb/decoder.h"

namespace slotway::backend {

// Long strings are compressed, if `compresses`.
std::string dump_payload(const Entry* entry, bool compresses);

// Whether it has a version that is known, and the right checksum.
bool is_payload(std::string_view payload);
// The value in it; see decode_value(). Requires is_payload().
bool decode_payload(std::string_view payload, RdbValue& value);

}  // namespace slotway::backend
