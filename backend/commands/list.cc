// Lists by their ends and positions: pushing, popping, reading.

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

enum class IfMissing : uint8_t { kCreate, kLeave };

void push(const Call& call, ListEnd end, IfMissing if_missing) {
  const Key key = call.key();
  const auto found = find_as(call, key, Type::kList);
  if (!found) return;
  Cell* const cell = *found;
  if (!cell && if_missing == IfMissing::kLeave) return call.reply.integer(0);
  const NodeLimit limit = node_limit(call);
  const auto texts = call.args.subspan(2);
  uint64_t size = texts.size();
  if (cell) {
    ListValue list(call.database(), key, *cell, limit);
    list.push(end, texts);
    size = list.size();
  } else {
    call.database().put(key, nullptr, make_list(key.bytes, end, texts, limit));
  }
  call.changed(key, KeyEvent::kList, push_event(end));
  call.reply.integer(static_cast<int64_t>(size));
}

void lpush(Call& call) { push(call, ListEnd::kHead, IfMissing::kCreate); }
void rpush(Call& call) { push(call, ListEnd::kTail, IfMissing::kCreate); }
void lpushx(Call& call) { push(call, ListEnd::kHead, IfMissing::kLeave); }
void rpushx(Call& call) { push(call, ListEnd::kTail, IfMissing::kLeave); }

void pop(const Call& call, ListEnd end) {
  if (call.args.size() > 3) {
    return call.reply.error("ERR wrong number of arguments for '" + call.command.full_name +
                            "' command");
  }
  const bool counted = call.args.size() == 3;
  int64_t count = 1;
  if (counted) {
    const auto given = count_argument(call, 2, 0, "ERR value is out of range, must be positive");
    if (!given) return;
    count = *given;
  }
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kList);
  if (!cell) return;
  if (!*cell) return counted ? call.reply.null_array() : call.reply.null();
  if (!counted) return pop_one(call, key, **cell, end);
  if (count == 0) return call.reply.array(0);
  pop_many(call, key, **cell, end, count);
}

void lpop(Call& call) { pop(call, ListEnd::kHead); }
void rpop(Call& call) { pop(call, ListEnd::kTail); }

void llen(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kList);
  if (!entry) return;
  call.reply.integer(*entry ? static_cast<int64_t>(ListReader(*entry).size()) : 0);
}

void lindex(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kList);
  if (!entry) return;
  if (!*entry) return call.reply.null();
  const auto index = call.integer(2);
  if (!index) return;
  const ListReader list(*entry);
  const auto position = list.seek(*index);
  if (!position) return call.reply.null();
  listpack::ElementText text;
  call.reply.bulk(list.get(*position, text));
}

void lrange(Call& call) {
  const auto start = call.integer(2);
  if (!start) return;
  const auto stop = call.integer(3);
  if (!stop) return;
  const auto entry = read_as(call, call.key(), Type::kList);
  if (!entry) return;
  if (!*entry) return call.reply.array(0);
  const ListReader list(*entry);
  reply_range(call, list, range_of(*start, *stop, list.size()));
}

constexpr Binding kBindings[] = {
    {"lpush", &lpush}, {"rpush", &rpush}, {"lpushx", &lpushx}, {"rpushx", &rpushx}, {"lpop", &lpop},
    {"rpop", &rpop},   {"llen", &llen},   {"lindex", &lindex}, {"lrange", &lrange},
};

}  // namespace

std::span<const Binding> list_bindings() { return kBindings; }

}  // namespace slotway::backend
