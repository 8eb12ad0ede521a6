// The compact forms of values that Redis had before version 7: ziplists and zipmaps. They are read
// and never written.
#pragma once

#include <string_view>

#include "backend/rdb/decoder.h"

namespace slotway::backend {

// Append the elements to value.elements. False if the bytes are anything but the whole of such a
// thing.
//
// Source: "The ziplist is a specially encoded dually linked list": the comment at the head of
// Redis's ziplist.c.
bool decode_ziplist(std::string_view bytes, RdbValue& value);
// Source: the comment at the head of Redis's zipmap.c.
bool decode_zipmap(std::string_view bytes, RdbValue& value);

}  // namespace slotway::backend
