// Members picked at random: taken out, or given out.

#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/random_picks.h"
#include "backend/commands/typed_key.h"
#include "backend/types/set_value.h"

namespace slotway::backend {

namespace {

auto random_of(const Call& call) {
  return [&call] { return call.engine().random(); };
}

void reply_all(const Call& call, const SetView& set) {
  set.for_each([&](std::string_view member) { call.reply.bulk(member); });
}

// Takes `count` members out and gives them out.
void pop(const Call& call, const Key& key, Cell* cell, uint64_t count) {
  SetEditor set(call.database(), key, cell, call.store.settings);
  MemberText text;
  for (; count > 0; --count) {
    const std::string member(SetView(cell->entry()).pick(random_of(call), text));
    call.reply.bulk(member);
    set.remove(member);
  }
  const bool is_gone = set.remove_if_empty();
  call.changed(key, KeyEvent::kSet, "spop");
  if (is_gone) call.notify(key, KeyEvent::kGeneric, "del");
}

void spop(Call& call) {
  if (call.args.size() > 3) return call.reply.error(kSyntaxError);
  const bool has_count = call.args.size() == 3;
  const auto count = has_count ? wire::parse_integer(call.args[2]) : 1;
  if (!count || *count < 0) {
    return call.reply.error("ERR value is out of range, must be positive");
  }
  const Key key = call.key();
  const auto cell = find_as(call, key, Type::kSet);
  if (!cell) return;
  if (!*cell) return has_count ? call.reply.set(0) : call.reply.null();
  if (!has_count) return pop(call, key, *cell, 1);
  if (*count == 0) return call.reply.set(0);
  const SetView set((*cell)->entry());
  const auto wanted = static_cast<uint64_t>(*count);
  if (wanted < set.size()) {
    call.reply.set(wanted);
    return pop(call, key, *cell, wanted);
  }
  call.reply.set(set.size());
  reply_all(call, set);
  call.database().remove(key, **cell);
  call.changed(key, KeyEvent::kSet, "spop");
  call.notify(key, KeyEvent::kGeneric, "del");
}

void pick_many(const Call& call, const Entry* entry, PickCount picks) {
  if (!entry || picks.count == 0) return call.reply.array(0);
  const SetView set(entry);
  MemberText text;
  if (picks.repeated) {
    if (picks.count > kMostRepeatedPicks) return call.reply.error(kOutOfRange);
    call.reply.array(picks.count);
    for (; picks.count > 0; --picks.count) call.reply.bulk(set.pick(random_of(call), text));
    return;
  }
  const uint64_t wanted = std::min(picks.count, set.size());
  call.reply.array(wanted);
  pick_distinct(
      wanted, set.size(), call, [&](auto&& visit) { set.for_each(visit); },
      [&](auto&& use) {
        const std::string_view member = set.pick(random_of(call), text);
        use(member, member);
      },
      [&](std::string_view member) { call.reply.bulk(member); });
}

void srandmember(Call& call) {
  if (call.args.size() > 3) return call.reply.error(kSyntaxError);
  std::optional<PickCount> picks;
  if (call.args.size() == 3) {
    picks = parse_pick_count(call, 2);
    if (!picks) return;
  }
  const auto entry = read_as(call, call.key(), Type::kSet);
  if (!entry) return;
  if (picks) return pick_many(call, *entry, *picks);
  if (!*entry) return call.reply.null();
  MemberText text;
  call.reply.bulk(SetView(*entry).pick(random_of(call), text));
}

constexpr Binding kBindings[] = {{"spop", &spop}, {"srandmember", &srandmember}};

}  // namespace

std::span<const Binding> set_random_bindings() { return kBindings; }

}  // namespace slotway::backend
