// LMOVE, RPOPLPUSH, LMPOP.

#include "backend/commands/list_move.h"

#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

std::optional<ListMove> move_arguments(const Call& call, size_t index) {
  const auto from = end_argument(call, index);
  if (!from) return std::nullopt;
  const auto to = end_argument(call, index + 1);
  if (!to) return std::nullopt;
  return ListMove{*from, *to};
}

void move_element(const Call& call, ListMove move) {
  Database& database = call.database();
  const Key source = call.key(1);
  const Key target = call.key(2);
  const auto there = find_as(call, target, Type::kList);
  if (!there) return;
  // Only now: the look-up of the target may have moved it.
  Cell* cell = database.find(source);
  const NodeLimit limit = node_limit(call);
  listpack::ElementText digits;
  const ListReader list(cell->entry());
  const std::string element(list.get(*list.seek(move.from == ListEnd::kHead ? 0 : -1), digits));
  const std::string_view text = element;
  if (source.bytes == target.bytes) {
    ListValue rotated(database, source, *cell, limit);
    rotated.pop(move.from);
    // Of one element: the list is gone for a moment, which a listpack can stand.
    rotated.push(move.to, {&text, 1});
  } else if (*there) {
    ListValue(database, target, **there, limit).push(move.to, {&text, 1});
  } else {
    database.put(target, nullptr, make_list(target.bytes, move.to, {&text, 1}, limit));
    cell = database.find(source);
  }
  call.reply.bulk(text);
  call.changed(target, KeyEvent::kList, push_event(move.to));
  if (source.bytes == target.bytes) {
    call.changed(source, KeyEvent::kList, pop_event(move.from));
  } else {
    ListValue(database, source, *cell, limit).pop(move.from);
    elements_removed(call, source, *cell, pop_event(move.from));
  }
}

namespace {

void move(const Call& call, ListMove move) {
  const auto source = find_as(call, call.key(), Type::kList);
  if (!source) return;
  if (!*source) return call.reply.null();
  move_element(call, move);
}

void lmove(Call& call) {
  if (const auto arguments = move_arguments(call, 3)) move(call, *arguments);
}

void rpoplpush(Call& call) { move(call, {ListEnd::kTail, ListEnd::kHead}); }

void lmpop(Call& call) {
  const auto pop = parse_multi_pop(call, 1);
  if (!pop) return;
  if (!pop_first(call, *pop)) call.reply.null_array();
}

constexpr Binding kBindings[] = {
    {"lmove", &lmove},
    {"rpoplpush", &rpoplpush},
    {"lmpop", &lmpop},
};

}  // namespace

std::span<const Binding> list_move_bindings() { return kBindings; }

}  // namespace slotway::backend
