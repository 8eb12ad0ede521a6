// Fields whose values are numbers: HINCRBY and HINCRBYFLOAT.

#include <charconv>
#include <cmath>

#include "backend/commands/bindings.h"
#include "backend/commands/long_double_text.h"
#include "backend/commands/typed_key.h"
#include "backend/types/hash_value.h"

namespace slotway::backend {

namespace {

void store(const Call& call, const Key& key, Cell* cell, std::string_view value,
           std::string_view event) {
  HashEditor(call.database(), key, cell, call.store.settings).set(call.args[2], value);
  call.changed(key, KeyEvent::kHash, event);
}

// The value of the field of argument 2.
std::optional<std::string_view> old_value(const Call& call, const Cell* cell,
                                          listpack::ElementText& text) {
  if (!cell) return std::nullopt;
  return HashView(cell->entry()).find(call.args[2], text);
}

void hincrby(Call& call) {
  const auto change = call.integer(3);
  if (!change) return;
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kHash);
  if (!cell) return;
  int64_t value = 0;
  listpack::ElementText text;
  if (const auto old = old_value(call, *cell, text)) {
    const auto number = wire::parse_integer(*old);
    if (!number) return call.reply.error("ERR hash value is not an integer");
    value = *number;
  }
  if (__builtin_add_overflow(value, *change, &value)) {
    return call.reply.error("ERR increment or decrement would overflow");
  }
  char* const end = std::to_chars(text.digits, text.digits + sizeof text.digits, value).ptr;
  store(call, key, *cell, {text.digits, static_cast<size_t>(end - text.digits)}, "hincrby");
  call.reply.integer(value);
}

void hincrbyfloat(Call& call) {
  const auto change = parse_long_double(call.args[3]);
  if (!change) return call.reply.error(kNotFloat);
  if (std::isinf(*change)) return call.reply.error("ERR value is NaN or Infinity");
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kHash);
  if (!cell) return;
  long double value = 0;
  listpack::ElementText text;
  if (const auto old = old_value(call, *cell, text)) {
    const auto number = parse_long_double(*old);
    if (!number) return call.reply.error("ERR hash value is not a float");
    value = *number;
  }
  value += *change;
  if (std::isnan(value) || std::isinf(value)) {
    return call.reply.error("ERR increment would produce NaN or Infinity");
  }
  const std::string sum = long_double_text(value);
  store(call, key, *cell, sum, "hincrbyfloat");
  call.reply.bulk(sum);
}

constexpr Binding kBindings[] = {{"hincrby", &hincrby}, {"hincrbyfloat", &hincrbyfloat}};

}  // namespace

std::span<const Binding> hash_number_bindings() { return kBindings; }

}  // namespace slotway::backend
