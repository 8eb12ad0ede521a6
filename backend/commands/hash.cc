// One hash: its fields and their values.

#include "backend/commands/bindings.h"
#include "backend/commands/bulk_list.h"
#include "backend/commands/scan_arguments.h"
#include "backend/commands/typed_key.h"
#include "backend/types/hash_value.h"

namespace slotway::backend {

namespace {

HashEditor editor(const Call& call, const Key& key, Cell* cell) {
  return {call.database(), key, cell, call.store.settings};
}

// The number of new fields. Without a value, the error has been answered.
std::optional<uint64_t> set_pairs(const Call& call) {
  if (call.args.size() % 2 == 1) {
    call.reply.error("ERR wrong number of arguments for '" + call.command.full_name + "' command");
    return std::nullopt;
  }
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kHash);
  if (!cell) return std::nullopt;
  const uint64_t created = editor(call, key, *cell).set_all(call.args.subspan(2));
  call.changed(key, KeyEvent::kHash, "hset");
  return created;
}

void hset(Call& call) {
  if (const auto created = set_pairs(call)) call.reply.integer(static_cast<int64_t>(*created));
}

void hmset(Call& call) {
  if (set_pairs(call)) call.reply.ok();
}

void hsetnx(Call& call) {
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kHash);
  if (!cell) return;
  listpack::ElementText text;
  if (*cell && HashView((*cell)->entry()).find(call.args[2], text)) return call.reply.integer(0);
  editor(call, key, *cell).set(call.args[2], call.args[3]);
  call.changed(key, KeyEvent::kHash, "hset");
  call.reply.integer(1);
}

// The value of the field of argument `index`.
std::optional<std::string_view> value_of(const Call& call, const Entry* entry, size_t index,
                                         listpack::ElementText& text) {
  if (!entry) return std::nullopt;
  return HashView(entry).find(call.args[index], text);
}

void reply_value(const Call& call, const Entry* entry, size_t index) {
  listpack::ElementText text;
  if (const auto value = value_of(call, entry, index, text)) return call.reply.bulk(*value);
  call.reply.null();
}

void hget(Call& call) {
  if (const auto entry = read_as(call, call.key(), Type::kHash)) reply_value(call, *entry, 2);
}

void hmget(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  call.reply.array(call.args.size() - 2);
  for (size_t i = 2; i < call.args.size(); ++i) reply_value(call, *entry, i);
}

void hexists(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  listpack::ElementText text;
  if (entry) call.reply.integer(value_of(call, *entry, 2, text).has_value());
}

void hstrlen(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  listpack::ElementText text;
  const auto value = value_of(call, *entry, 2, text);
  call.reply.integer(value ? static_cast<int64_t>(value->size()) : 0);
}

void hlen(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  call.reply.integer(*entry ? static_cast<int64_t>(HashView(*entry).size()) : 0);
}

void hdel(Call& call) {
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kHash);
  if (!cell) return;
  HashEditor hash = editor(call, key, *cell);
  int64_t removed = 0;
  bool is_gone = false;
  for (size_t i = 2; i < call.args.size() && !is_gone; ++i) {
    if (!hash.remove(call.args[i])) continue;
    ++removed;
    is_gone = hash.remove_if_empty();
  }
  if (removed > 0) call.changed(key, KeyEvent::kHash, "hdel");
  if (is_gone) call.notify(key, KeyEvent::kGeneric, "del");
  call.reply.integer(removed);
}

void hgetall(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  if (!*entry) return call.reply.map(0);
  const HashView hash(*entry);
  call.reply.map(hash.size());
  hash.for_each([&](HashView::Field field) {
    call.reply.bulk(field.name);
    call.reply.bulk(field.value);
  });
}

void reply_each(const Call& call, std::string_view HashView::Field::*part) {
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  if (!*entry) return call.reply.array(0);
  const HashView hash(*entry);
  call.reply.array(hash.size());
  hash.for_each([&](HashView::Field field) { call.reply.bulk(field.*part); });
}

void hkeys(Call& call) { reply_each(call, &HashView::Field::name); }
void hvals(Call& call) { reply_each(call, &HashView::Field::value); }

void hscan(Call& call) {
  const auto cursor = parse_scan_cursor(call, 2);
  if (!cursor) return;
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  if (!*entry) return write_scan_header(call, 0, 0);
  const auto options = parse_scan_options(call, 3, false);
  if (!options) return;
  const HashView hash(*entry);
  BulkList shown;
  uint64_t seen = 0;
  const auto show = [&](HashView::Field field) {
    ++seen;
    if (!options->matches(field.name)) return;
    shown.add(field.name);
    shown.add(field.value);
  };
  const uint64_t next = scan_enough(
      *cursor, options->count, [&](uint64_t at) { return hash.scan(at, show); },
      [&] { return seen; });
  write_scan_header(call, next, shown.count());
  shown.write(call.reply);
}

constexpr Binding kBindings[] = {
    {"hset", &hset},   {"hmset", &hmset}, {"hsetnx", &hsetnx},   {"hget", &hget},
    {"hmget", &hmget}, {"hdel", &hdel},   {"hexists", &hexists}, {"hstrlen", &hstrlen},
    {"hlen", &hlen},   {"hkeys", &hkeys}, {"hvals", &hvals},     {"hgetall", &hgetall},
    {"hscan", &hscan},
};

}  // namespace

std::span<const Binding> hash_bindings() { return kBindings; }

}  // namespace slotway::backend
