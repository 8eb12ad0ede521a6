// One set and its members; moving one from a set to another.

#include "backend/commands/bindings.h"
#include "backend/commands/bulk_list.h"
#include "backend/commands/scan_arguments.h"
#include "backend/commands/typed_key.h"
#include "backend/types/set_value.h"

namespace slotway::backend {

namespace {

SetEditor editor(const Call& call, const Key& key, Cell* cell) {
  return {call.database(), key, cell, call.store.settings};
}

void sadd(Call& call) {
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kSet);
  if (!cell) return;
  SetEditor set = editor(call, key, *cell);
  int64_t added = 0;
  for (const std::string_view member : call.args.subspan(2)) added += set.add(member);
  if (added > 0) call.changed(key, KeyEvent::kSet, "sadd");
  call.reply.integer(added);
}

void srem(Call& call) {
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kSet);
  if (!cell) return;
  SetEditor set = editor(call, key, *cell);
  int64_t removed = 0;
  bool is_gone = false;
  for (size_t i = 2; i < call.args.size() && !is_gone; ++i) {
    if (!set.remove(call.args[i])) continue;
    ++removed;
    is_gone = set.remove_if_empty();
  }
  if (removed > 0) call.changed(key, KeyEvent::kSet, "srem");
  if (is_gone) call.notify(key, KeyEvent::kGeneric, "del");
  call.reply.integer(removed);
}

void sismember(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  call.reply.integer(*entry && SetView(*entry).contains(call.args[2]));
}

void smismember(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  call.reply.array(call.args.size() - 2);
  for (const std::string_view member : call.args.subspan(2)) {
    call.reply.integer(*entry && SetView(*entry).contains(member));
  }
}

void scard(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  call.reply.integer(*entry ? static_cast<int64_t>(SetView(*entry).size()) : 0);
}

void smembers(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  if (!*entry) return call.reply.set(0);
  const SetView set(*entry);
  call.reply.set(set.size());
  set.for_each([&](std::string_view member) { call.reply.bulk(member); });
}

void smove(Call& call) {
  const Key from = call.key(1);
  const Key to = call.key(2);
  const std::string_view member = call.args[3];
  Database& database = call.database();
  const Cell* const source = database.find_for_write(from);
  if (!source) return call.reply.integer(0);
  if (source->entry()->type() != Type::kSet) return call.reply.error(kWrongType);
  // This look-up may remove the target as expired, and with that move the source's cell.
  if (!find_as(call, to, Type::kSet)) return;
  SetEditor giver = editor(call, from, database.find(from));
  if (from.bytes == to.bytes) {
    return call.reply.integer(SetView(database.find(from)->entry()).contains(member));
  }
  if (!giver.remove(member)) return call.reply.integer(0);
  const bool is_gone = giver.remove_if_empty();
  call.changed(from, KeyEvent::kSet, "srem");
  if (is_gone) call.notify(from, KeyEvent::kGeneric, "del");
  SetEditor taker = editor(call, to, database.find(to));
  if (taker.add(member)) call.changed(to, KeyEvent::kSet, "sadd");
  call.reply.integer(1);
}

void sscan(Call& call) {
  const auto cursor = parse_scan_cursor(call, 2);
  if (!cursor) return;
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  if (!*entry) return write_scan_header(call, 0, 0);
  const auto options = parse_scan_options(call, 3, false);
  if (!options) return;
  const SetView set(*entry);
  BulkList shown;
  uint64_t seen = 0;
  const auto show = [&](std::string_view member) {
    ++seen;
    if (options->matches(member)) shown.add(member);
  };
  const uint64_t next = scan_enough(
      *cursor, options->count, [&](uint64_t at) { return set.scan(at, show); },
      [&] { return seen; });
  write_scan_header(call, next, shown.count());
  shown.write(call.reply);
}

constexpr Binding kBindings[] = {
    {"sadd", &sadd},           {"srem", &srem},
    {"sismember", &sismember}, {"smismember", &smismember},
    {"scard", &scard},         {"smembers", &smembers},
    {"smove", &smove},         {"sscan", &sscan},
};

}  // namespace

std::span<const Binding> set_bindings() { return kBindings; }

}  // namespace slotway::backend
