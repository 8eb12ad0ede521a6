// Strings as bitmaps: GETBIT, SETBIT, BITCOUNT, BITPOS, BITOP.

#include <algorithm>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/bit_offset.h"
#include "backend/commands/edited_string.h"
#include "backend/types/bits.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

void get_bit(Call& call) {
  const auto offset = parse_bit_offset(call, 2);
  if (!offset) return;
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.integer(0);
  if (!is_string(entry)) return call.reply.error(kWrongType);
  NumberText text;
  call.reply.integer(bit_at(string_bytes(entry, text), *offset));
}

void set_bit(Call& call) {
  const auto offset = parse_bit_offset(call, 2);
  if (!offset) return;
  const auto value = wire::parse_integer(call.args[3]);
  if (!value || (*value != 0 && *value != 1)) {
    return call.reply.error("ERR bit is not an integer or out of range");
  }
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  if (cell && !is_string(cell->entry())) return call.reply.error(kWrongType);
  const size_t at = *offset / 8;
  const size_t old_size = cell ? string_size(cell->entry()) : 0;
  char* const bytes = edit_string(call, key, cell, std::max(old_size, at + 1));
  if (!bytes) return;
  char& byte = bytes[at];
  const auto mask = static_cast<uint8_t>(0x80 >> *offset % 8);
  const bool old = static_cast<uint8_t>(byte) & mask;
  byte = static_cast<char>((static_cast<uint8_t>(byte) & ~mask) | (*value ? mask : 0));
  if (old != (*value != 0) || at >= old_size) call.changed(key, KeyEvent::kString, "setbit");
  call.reply.integer(old);
}

// ---- counting and searching

// What "start end" of BITCOUNT and BITPOS mean in a string of `size` bytes: negative ones count
// from the end, and what lies outside is cut off. Nothing: an empty range.
std::optional<BitRange> bits_between(int64_t start, int64_t end, bool by_bit, size_t size) {
  const int64_t unit = by_bit ? 1 : 8;
  const auto total = static_cast<int64_t>(size * 8) / unit;
  if (start < 0) start = std::max<int64_t>(start + total, 0);
  if (end < 0) end = std::max<int64_t>(end + total, 0);
  end = std::min(end, total - 1);
  if (start > end) return std::nullopt;
  return BitRange{static_cast<uint64_t>(start * unit),
                  static_cast<uint64_t>(end * unit + unit - 1)};
}

// "BIT" or "BYTE" at `index`: whether it is the first, or nothing if the error has been answered.
std::optional<bool> parse_unit(const Call& call, size_t index) {
  if (call.is(index, "bit")) return true;
  if (call.is(index, "byte")) return false;
  call.reply.error(kSyntaxError);
  return std::nullopt;
}

void bitcount(Call& call) {
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.integer(0);
  if (!is_string(entry)) return call.reply.error(kWrongType);
  NumberText text;
  const std::string_view bytes = string_bytes(entry, text);
  if (call.args.size() == 2) return call.reply.integer(static_cast<int64_t>(count_bits(bytes)));
  if (call.args.size() != 4 && call.args.size() != 5) return call.reply.error(kSyntaxError);
  const auto start = call.integer(2);
  if (!start) return;
  const auto end = call.integer(3);
  if (!end) return;
  // Here Redis answers before it looks at the unit.
  if (*start < 0 && *end < 0 && *start > *end) return call.reply.integer(0);
  const auto by_bit = call.args.size() == 5 ? parse_unit(call, 4) : false;
  if (!by_bit) return;
  const auto range = bits_between(*start, *end, *by_bit, bytes.size());
  call.reply.integer(range ? static_cast<int64_t>(count_bits(bytes, *range)) : 0);
}

void bitpos(Call& call) {
  const auto bit = call.integer(2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return call.reply.error("ERR The bit argument must be 1 or 0.");
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.integer(*bit ? -1 : 0);
  if (!is_string(entry)) return call.reply.error(kWrongType);
  NumberText text;
  const std::string_view bytes = string_bytes(entry, text);
  const size_t count = call.args.size();
  if (count > 6) return call.reply.error(kSyntaxError);
  const auto start = count > 3 ? call.integer(3) : 0;
  if (!start) return;
  const auto by_bit = count == 6 ? parse_unit(call, 5) : false;
  if (!by_bit) return;
  const auto end = count > 4 ? call.integer(4) : -1;
  if (!end) return;
  const auto range = bits_between(*start, *end, *by_bit, bytes.size());
  if (!range) return call.reply.integer(-1);
  if (const auto found = find_bit(bytes, *bit == 1, *range)) {
    return call.reply.integer(static_cast<int64_t>(*found));
  }
  // To who names no end, zeros follow the string.
  const bool follows = *bit == 0 && count <= 4;
  call.reply.integer(follows ? static_cast<int64_t>(range->last + 1) : -1);
}

// ---- BITOP

std::optional<BitOperation> parse_operation(const Call& call, size_t index) {
  struct Name {
    std::string_view name;
    BitOperation operation;
  };
  constexpr Name kNames[] = {{"and", BitOperation::kAnd},
                             {"or", BitOperation::kOr},
                             {"xor", BitOperation::kXor},
                             {"not", BitOperation::kNot}};
  for (const auto& [name, operation] : kNames) {
    if (call.is(index, name)) return operation;
  }
  call.reply.error(kSyntaxError);
  return std::nullopt;
}

void bitop(Call& call) {
  const auto operation = parse_operation(call, 1);
  if (!operation) return;
  if (*operation == BitOperation::kNot && call.args.size() != 4) {
    return call.reply.error("ERR BITOP NOT must be called with a single source key.");
  }
  const size_t count = call.args.size() - 3;
  std::vector<NumberText> texts(count);
  std::vector<std::string_view> sources(count);
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    const Entry* const entry = call.database().read(call.key(i + 3));
    if (!entry) continue;
    if (!is_string(entry)) return call.reply.error(kWrongType);
    sources[i] = string_bytes(entry, texts[i]);
    size = std::max(size, sources[i].size());
  }
  const Key target = call.key(2);
  Database& database = call.database();
  if (size > 0) {
    Entry* const result =
        make_raw(call.engine().blocks(), target.bytes, {}, size, Entry::kNoExpiry);
    combine_bits(*operation, sources, writable_bytes(result), size);
    database.put(target, database.find(target), result);
    call.changed(target, KeyEvent::kString, "set");
  } else if (database.remove(target)) {
    call.changed(target, KeyEvent::kGeneric, "del");
  }
  call.reply.integer(static_cast<int64_t>(size));
}

constexpr Binding kBindings[] = {
    {"getbit", &get_bit}, {"setbit", &set_bit}, {"bitcount", &bitcount},
    {"bitpos", &bitpos},  {"bitop", &bitop},
};

}  // namespace

std::span<const Binding> bitmap_bindings() { return kBindings; }

}  // namespace slotway::backend
