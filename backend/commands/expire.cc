// Expiries: EXPIRE, TTL and PERSIST in their forms.

#include "backend/commands/bindings.h"
#include "backend/commands/string_arguments.h"

namespace slotway::backend {

namespace {

struct Conditions {
  bool nx = false;
  bool xx = false;
  bool gt = false;
  bool lt = false;

  // No expiry counts as the latest of all.
  bool allow(int64_t current_ms, int64_t wanted_ms) const {
    const bool has = current_ms != Entry::kNoExpiry;
    if ((nx && has) || (xx && !has)) return false;
    if (gt && (!has || wanted_ms <= current_ms)) return false;
    return !(lt && has && wanted_ms >= current_ms);
  }
};

std::optional<Conditions> parse_conditions(const Call& call) {
  Conditions conditions;
  for (size_t i = 3; i < call.args.size(); ++i) {
    if (call.is(i, "nx")) {
      conditions.nx = true;
    } else if (call.is(i, "xx")) {
      conditions.xx = true;
    } else if (call.is(i, "gt")) {
      conditions.gt = true;
    } else if (call.is(i, "lt")) {
      conditions.lt = true;
    } else {
      call.reply.error("ERR Unsupported option " + wire::excerpt(call.args[i]));
      return std::nullopt;
    }
  }
  if (conditions.nx && (conditions.xx || conditions.gt || conditions.lt)) {
    call.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.gt && conditions.lt) {
    call.reply.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

enum class Unit : int64_t { kSeconds = 1000, kMilliseconds = 1 };
enum class From : uint8_t { kNow, kEpoch };

void set_expiry(const Call& call, Unit unit, From from) {
  const auto conditions = parse_conditions(call);
  if (!conditions) return;
  const auto amount = call.integer(2);
  if (!amount) return;
  const int64_t now_ms = call.engine().now_ms();
  int64_t moment_ms = 0;
  if (__builtin_mul_overflow(*amount, static_cast<int64_t>(unit), &moment_ms) ||
      __builtin_add_overflow(moment_ms, from == From::kNow ? now_ms : 0, &moment_ms)) {
    return reply_invalid_expiry(call);
  }
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  if (!cell || !conditions->allow(cell->entry()->expiry_ms(), moment_ms)) {
    return call.reply.integer(0);
  }
  if (moment_ms <= now_ms) {
    call.database().remove(key, *cell);
    call.changed(key, KeyEvent::kGeneric, "del");
  } else {
    call.database().set_expiry(key, *cell, moment_ms);
    call.changed(key, KeyEvent::kGeneric, "expire");
  }
  call.reply.integer(1);
}

void expire(Call& call) { set_expiry(call, Unit::kSeconds, From::kNow); }
void pexpire(Call& call) { set_expiry(call, Unit::kMilliseconds, From::kNow); }
void expireat(Call& call) { set_expiry(call, Unit::kSeconds, From::kEpoch); }
void pexpireat(Call& call) { set_expiry(call, Unit::kMilliseconds, From::kEpoch); }

void reply_expiry(const Call& call, Unit unit, From from) {
  const Entry* const entry = call.database().peek(call.key());
  if (!entry) return call.reply.integer(-2);
  if (!entry->has_expiry()) return call.reply.integer(-1);
  int64_t ms = entry->expiry_ms() - (from == From::kNow ? call.engine().now_ms() : 0);
  if (ms < 0) ms = 0;
  if (unit == Unit::kMilliseconds) return call.reply.integer(ms);
  call.reply.integer(ms / 1000 + (ms % 1000 >= 500));  // to the nearest second
}

void ttl(Call& call) { reply_expiry(call, Unit::kSeconds, From::kNow); }
void pttl(Call& call) { reply_expiry(call, Unit::kMilliseconds, From::kNow); }
void expiretime(Call& call) { reply_expiry(call, Unit::kSeconds, From::kEpoch); }
void pexpiretime(Call& call) { reply_expiry(call, Unit::kMilliseconds, From::kEpoch); }

void persist(Call& call) {
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  if (!cell || !cell->entry()->has_expiry()) return call.reply.integer(0);
  call.database().set_expiry(key, *cell, Entry::kNoExpiry);
  call.changed(key, KeyEvent::kGeneric, "persist");
  call.reply.integer(1);
}

constexpr Binding kBindings[] = {
    {"expire", &expire},
    {"pexpire", &pexpire},
    {"expireat", &expireat},
    {"pexpireat", &pexpireat},
    {"ttl", &ttl},
    {"pttl", &pttl},
    {"expiretime", &expiretime},
    {"pexpiretime", &pexpiretime},
    {"persist", &persist},
};

}  // namespace

std::span<const Binding> expire_bindings() { return kBindings; }

}  // namespace slotway::backend
