// String values: how the bytes of a string lie in an entry or outside of it.
//
// A whole number is kept as eight bytes (Encoding::kInt). Other strings stand in the entry, up to
// Entry::kMaxInline bytes; longer ones in a counted block, so that a reply, and later a snapshot,
// can refer to the bytes instead of copying them. A block that something else refers to is never
// written to. Whether bytes are called kEmbstr or kRaw follows Redis; nothing depends on it.
// One engine thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/engine/entry.h"
#include "wire/block.h"
#include "wire/reply_writer.h"

namespace slotway::backend {

// The text of a number, for string_bytes().
struct NumberText {
  char digits[24];
};

inline bool is_string(const Entry* entry) { return entry->type() == Type::kString; }

// The bytes of a string entry; good until the entry changes or `text` goes.
std::string_view string_bytes(const Entry* entry, NumberText& text);
size_t string_size(const Entry* entry);
// The number that the bytes are, if they are one in Redis's strict form.
std::optional<int64_t> string_integer(const Entry* entry);
// Appends the string as a bulk.
void write_string(const Entry* entry, wire::ReplyWriter& reply);

// New entries. This one chooses the encoding as SET does.
Entry* make_string(wire::BlockPool& blocks, std::string_view key, std::string_view bytes,
                   int64_t expiry_ms);
Entry* make_integer(std::string_view key, int64_t value, int64_t expiry_ms);
// Never as a number.
Entry* make_text(wire::BlockPool& blocks, std::string_view key, std::string_view bytes,
                 int64_t expiry_ms);
// A raw string of `size` bytes: the first ones from `bytes`, the rest zero. A long one that is to
// be longer than `bytes`, if those are any, gets room behind them for more growth by appending.
Entry* make_raw(wire::BlockPool& blocks, std::string_view key, std::string_view bytes, size_t size,
                int64_t expiry_ms);

// Overwrites the value where it stands, as make_string would make it, if that needs no other
// allocation; false if it does. The expiry stays.
bool assign_string(Entry* entry, std::string_view bytes);
// Makes the string raw and `size` bytes long where it stands, with zeros behind the old bytes;
// false if that needs another allocation. size >= string_size(entry).
bool extend_string(Entry* entry, size_t size);
// The bytes of a raw entry, to be written to. Requires that make_raw or extend_string gave it.
char* writable_bytes(Entry* entry);

}  // namespace slotway::backend
