// Lists changed somewhere in their middle: LINSERT, LSET, LREM, LTRIM.

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

// The first element that is `text`.
std::optional<ListReader::Position> find_element(const ListReader& list, std::string_view text) {
  const listpack::Value value(text);
  auto position = list.seek(0);
  while (position && !list.equals(*position, text, value)) {
    if (!list.advance(*position)) position.reset();
  }
  return position;
}

void linsert(Call& call) {
  const bool behind = call.is(2, "after");
  if (!behind && !call.is(2, "before")) return call.reply.error(kSyntaxError);
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kList);
  if (!cell) return;
  if (!*cell) return call.reply.integer(0);
  const NodeLimit limit = node_limit(call);
  ListValue list(call.database(), key, **cell, limit);
  const auto position = find_element(list.reader(), call.args[3]);
  if (!position) return call.reply.integer(-1);
  list.insert(*position, behind, call.args[4]);
  call.changed(key, KeyEvent::kList, "linsert");
  call.reply.integer(static_cast<int64_t>(list.size()));
}

void lset(Call& call) {
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kList);
  if (!cell) return;
  if (!*cell) return call.reply.error(kNoSuchKey);
  const auto index = call.integer(2);
  if (!index) return;
  const NodeLimit limit = node_limit(call);
  ListValue list(call.database(), key, **cell, limit);
  const auto position = list.reader().seek(*index);
  if (!position) return call.reply.error("ERR index out of range");
  list.assign(*position, call.args[3]);
  call.changed(key, KeyEvent::kList, "lset");
  call.reply.ok();
}

void lrem(Call& call) {
  const auto count = call.integer(2);
  if (!count) return;
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kList);
  if (!cell) return;
  if (!*cell) return call.reply.integer(0);
  const uint64_t magnitude =
      *count < 0 ? uint64_t{0} - static_cast<uint64_t>(*count) : static_cast<uint64_t>(*count);
  const NodeLimit limit = node_limit(call);
  const uint64_t removed = ListValue(call.database(), key, **cell, limit)
                               .remove(call.args[3], magnitude == 0 ? UINT64_MAX : magnitude,
                                       *count < 0 ? ListEnd::kTail : ListEnd::kHead);
  if (removed > 0) elements_removed(call, key, **cell, "lrem");
  call.reply.integer(static_cast<int64_t>(removed));
}

void ltrim(Call& call) {
  const auto start = call.integer(2);
  if (!start) return;
  const auto stop = call.integer(3);
  if (!stop) return;
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kList);
  if (!cell) return;
  if (!*cell) return call.reply.ok();
  const NodeLimit limit = node_limit(call);
  ListValue list(call.database(), key, **cell, limit);
  const uint64_t size = list.size();
  const ListRange kept = range_of(*start, *stop, size);
  const uint64_t behind = kept.first + kept.count;
  if (behind < size) list.erase(behind, size - behind);
  if (kept.first > 0) list.erase(0, kept.first);
  elements_removed(call, key, **cell, "ltrim");
  call.reply.ok();
}

constexpr Binding kBindings[] = {
    {"linsert", &linsert},
    {"lset", &lset},
    {"lrem", &lrem},
    {"ltrim", &ltrim},
};

}  // namespace

std::span<const Binding> list_edit_bindings() { return kBindings; }

}  // namespace slotway::backend
