// Commands on lists that wait while there is nothing to take.

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/list_move.h"
#include "backend/commands/timeout_argument.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

void pop(const Call& call, ListEnd end) {
  const auto deadline_ms = deadline_argument(call, call.args.size() - 1);
  if (!deadline_ms) return;
  const auto keys = call.args.subspan(1, call.args.size() - 2);
  for (size_t i = 1; i <= keys.size(); ++i) {
    const Key key = call.key(i);
    const auto cell = find_as(call, key, Type::kList);
    if (!cell) return;
    if (!*cell) continue;
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    return pop_one(call, key, **cell, end);
  }
  if (!call.may_block()) return call.reply.null_array();
  call.block(keys, *deadline_ms);
}

void blpop(Call& call) { pop(call, ListEnd::kHead); }
void brpop(Call& call) { pop(call, ListEnd::kTail); }

void blmpop(Call& call) {
  const auto pop = parse_multi_pop(call, 2);
  if (!pop) return;
  const auto deadline_ms = deadline_argument(call, 1);
  if (!deadline_ms) return;
  if (pop_first(call, *pop)) return;
  if (!call.may_block()) return call.reply.null_array();
  call.block(call.args.subspan(pop->first_key, pop->keys), *deadline_ms);
}

void move(const Call& call, ListMove move, size_t timeout) {
  const auto deadline_ms = deadline_argument(call, timeout);
  if (!deadline_ms) return;
  const auto source = find_as(call, call.key(), Type::kList);
  if (!source) return;
  if (*source) return move_element(call, move);
  if (!call.may_block()) return call.reply.null();
  call.block(call.args.subspan(1, 1), *deadline_ms);
}

void blmove(Call& call) {
  if (const auto arguments = move_arguments(call, 3)) move(call, *arguments, 5);
}

void brpoplpush(Call& call) { move(call, {ListEnd::kTail, ListEnd::kHead}, 3); }

constexpr Binding kBindings[] = {
    {"blpop", &blpop},   {"brpop", &brpop},           {"blmpop", &blmpop},
    {"blmove", &blmove}, {"brpoplpush", &brpoplpush},
};

}  // namespace

std::span<const Binding> list_blocking_bindings() { return kBindings; }

}  // namespace slotway::backend
