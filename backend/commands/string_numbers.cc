// Strings that are numbers: INCR and DECR in their forms, INCRBYFLOAT.

#include <cmath>
#include <cstring>
#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/long_double_text.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

// ---- whole numbers

void add(const Call& call, int64_t change) {
  const Key key = call.key();
  Database& database = call.database();
  Cell* const cell = database.find_for_write(key);
  int64_t value = 0;
  if (cell) {
    if (cell->entry()->type() != Type::kString) return call.reply.error(kWrongType);
    const auto old = string_integer(cell->entry());
    if (!old) return call.reply.error(kNotInteger);
    value = *old;
  }
  if (__builtin_add_overflow(value, change, &value)) {
    return call.reply.error("ERR increment or decrement would overflow");
  }
  if (cell && cell->entry()->encoding() == Encoding::kInt) {
    std::memcpy(cell->entry()->value(), &value, sizeof value);
  } else {
    const int64_t expiry_ms = cell ? cell->entry()->expiry_ms() : Entry::kNoExpiry;
    database.put(key, cell, make_integer(key.bytes, value, expiry_ms));
  }
  call.changed(key, KeyEvent::kString, "incrby");
  call.reply.integer(value);
}

void incr(Call& call) { add(call, 1); }
void decr(Call& call) { add(call, -1); }

void incrby(Call& call) {
  if (const auto change = call.integer(2)) add(call, *change);
}

void decrby(Call& call) {
  const auto change = call.integer(2);
  if (!change) return;
  if (*change == INT64_MIN) return call.reply.error("ERR decrement would overflow");
  add(call, -*change);
}

// ---- floating point

void incrbyfloat(Call& call) {
  const Key key = call.key();
  Database& database = call.database();
  Cell* const cell = database.find_for_write(key);
  long double value = 0;
  if (cell) {
    if (cell->entry()->type() != Type::kString) return call.reply.error(kWrongType);
    NumberText text;
    const auto old = parse_long_double(string_bytes(cell->entry(), text));
    if (!old) return call.reply.error(kNotFloat);
    value = *old;
  }
  const auto change = parse_long_double(call.args[2]);
  if (!change) return call.reply.error(kNotFloat);
  value += *change;
  if (std::isnan(value) || std::isinf(value)) {
    return call.reply.error("ERR increment would produce NaN or Infinity");
  }
  const std::string text = long_double_text(value);
  const int64_t expiry_ms = cell ? cell->entry()->expiry_ms() : Entry::kNoExpiry;
  database.put(key, cell, make_text(call.engine().blocks(), key.bytes, text, expiry_ms));
  call.changed(key, KeyEvent::kString, "incrbyfloat");
  call.reply.bulk(text);
}

constexpr Binding kBindings[] = {
    {"incr", &incr},
    {"decr", &decr},
    {"incrby", &incrby},
    {"decrby", &decrby},
    {"incrbyfloat", &incrbyfloat},
};

}  // namespace

std::span<const Binding> string_number_bindings() { return kBindings; }

}  // namespace slotway::backend
