#include "backend/commands/list_arguments.h"

#include <algorithm>

#include "backend/commands/typed_key.h"

namespace slotway::backend {

NodeLimit node_limit(const Call& call) {
  const Settings& settings = call.store.settings;
  return NodeLimit::of(settings.list_listpack_size, settings.list_plain_bytes);
}

std::optional<ListEnd> end_argument(const Call& call, size_t index) {
  if (call.is(index, "left")) return ListEnd::kHead;
  if (call.is(index, "right")) return ListEnd::kTail;
  call.reply.error(kSyntaxError);
  return std::nullopt;
}

std::optional<int64_t> count_argument(const Call& call, size_t index, int64_t least,
                                      std::string_view error) {
  const auto number = wire::parse_integer(call.args[index]);
  if (number && *number >= least) return number;
  call.reply.error(error);
  return std::nullopt;
}

ListRange range_of(int64_t start, int64_t stop, uint64_t size) {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + count, 0);
  if (stop < 0) stop += count;
  stop = std::min(stop, count - 1);
  if (start > stop) return {0, 0};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start + 1)};
}

std::optional<MultiPop> parse_multi_pop(const Call& call, size_t index) {
  const auto keys = count_argument(call, index, 1, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  const size_t first_key = index + 1;
  // The keys, and LEFT or RIGHT behind them.
  if (static_cast<uint64_t>(*keys) >= call.args.size() - first_key) {
    call.reply.error(kSyntaxError);
    return std::nullopt;
  }
  const size_t at = first_key + static_cast<size_t>(*keys);
  const auto end = end_argument(call, at);
  if (!end) return std::nullopt;
  MultiPop result{first_key, static_cast<size_t>(*keys), *end, 1};
  if (call.args.size() == at + 1) return result;
  if (!call.is(at + 1, "count") || call.args.size() == at + 2) {
    call.reply.error(kSyntaxError);
    return std::nullopt;
  }
  const auto count = count_argument(call, at + 2, 1, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (call.args.size() > at + 3) {
    call.reply.error(kSyntaxError);
    return std::nullopt;
  }
  result.count = *count;
  return result;
}

std::string_view push_event(ListEnd end) { return end == ListEnd::kHead ? "lpush" : "rpush"; }
std::string_view pop_event(ListEnd end) { return end == ListEnd::kHead ? "lpop" : "rpop"; }

void elements_removed(const Call& call, const Key& key, Cell& cell, std::string_view event) {
  const bool empty = ListReader(cell.entry()).size() == 0;
  if (empty) call.database().remove(key, cell);
  call.changed(key, KeyEvent::kList, event);
  if (empty) call.notify(key, KeyEvent::kGeneric, "del");
}

void pop_one(const Call& call, const Key& key, Cell& cell, ListEnd end) {
  const ListReader list(cell.entry());
  listpack::ElementText text;
  call.reply.bulk(list.get(*list.seek(end == ListEnd::kHead ? 0 : -1), text));
  const NodeLimit limit = node_limit(call);
  ListValue(call.database(), key, cell, limit).pop(end);
  elements_removed(call, key, cell, pop_event(end));
}

void pop_many(const Call& call, const Key& key, Cell& cell, ListEnd end, int64_t count) {
  const ListReader list(cell.entry());
  const uint64_t size = list.size();
  const uint64_t taken = std::min(static_cast<uint64_t>(count), size);
  if (end == ListEnd::kHead) {
    reply_range(call, list, {0, taken});
  } else {
    call.reply.array(taken);
    auto position = *list.seek(-1);
    listpack::ElementText text;
    for (uint64_t i = 0; i < taken; ++i) {
      if (i > 0) list.retreat(position);
      call.reply.bulk(list.get(position, text));
    }
  }
  const NodeLimit limit = node_limit(call);
  ListValue(call.database(), key, cell, limit)
      .erase(end == ListEnd::kHead ? 0 : size - taken, taken);
  elements_removed(call, key, cell, pop_event(end));
}

bool pop_first(const Call& call, const MultiPop& pop) {
  for (size_t i = pop.first_key; i < pop.first_key + pop.keys; ++i) {
    const Key key = call.key(i);
    const auto cell = find_as(call, key, Type::kList);
    if (!cell) return true;
    if (!*cell) continue;
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    pop_many(call, key, **cell, pop.end, pop.count);
    return true;
  }
  return false;
}

void reply_range(const Call& call, const ListReader& list, ListRange range) {
  call.reply.array(range.count);
  if (range.count == 0) return;
  auto position = *list.seek(static_cast<int64_t>(range.first));
  listpack::ElementText text;
  for (uint64_t i = 0; i < range.count; ++i) {
    if (i > 0) list.advance(position);
    call.reply.bulk(list.get(position, text));
  }
}

}  // namespace slotway::backend
