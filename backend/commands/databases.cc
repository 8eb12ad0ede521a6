// The databases as wholes: choosing, counting, emptying, swapping.

#include "backend/commands/bindings.h"
#include "backend/commands/database_argument.h"

namespace slotway::backend {

namespace {

void select(Call& call) {
  const auto index = database_argument(call, 1);
  if (!index) return;
  call.client.database = *index;
  call.reply.ok();
}

void dbsize(Call& call) { call.reply.integer(static_cast<int64_t>(call.database().size())); }

// Whether to leave the freeing for later. Without a value, the error has been answered.
std::optional<bool> is_lazy(const Call& call) {
  if (call.args.size() == 1) return call.store.settings.lazy_flush;
  if (call.args.size() == 2 && call.is(1, "async")) return true;
  if (call.args.size() == 2 && call.is(1, "sync")) return false;
  call.reply.error(kSyntaxError);
  return std::nullopt;
}

void flushdb(Call& call) {
  const auto lazily = is_lazy(call);
  if (!lazily) return;
  call.store.events.clearing(call.client.database);
  call.database().clear(*lazily);
  call.reply.ok();
}

void flushall(Call& call) {
  const auto lazily = is_lazy(call);
  if (!lazily) return;
  call.store.events.clearing_all();
  for (uint32_t i = 0; i < call.engine().database_count(); ++i) {
    call.engine().database(i).clear(*lazily);
  }
  call.reply.ok();
}

void swapdb(Call& call) {
  const auto first = small_integer(call, 1, "ERR invalid first DB index");
  if (!first) return;
  const auto second = small_integer(call, 2, "ERR invalid second DB index");
  if (!second) return;
  const auto count = static_cast<int32_t>(call.engine().database_count());
  if (*first < 0 || *first >= count || *second < 0 || *second >= count) {
    return call.reply.error(kDatabaseOutOfRange);
  }
  const auto a = static_cast<uint32_t>(*first);
  const auto b = static_cast<uint32_t>(*second);
  call.store.events.swapping(a, b);
  call.engine().database(a).swap(call.engine().database(b));
  call.store.events.swapped(a, b);
  call.reply.ok();
}

constexpr Binding kBindings[] = {
    {"select", &select},     {"dbsize", &dbsize}, {"flushdb", &flushdb},
    {"flushall", &flushall}, {"swapdb", &swapdb},
};

}  // namespace

std::span<const Binding> database_bindings() { return kBindings; }

}  // namespace slotway::backend
