// Fields picked at random: HRANDFIELD.

#include <algorithm>

#include "backend/commands/bindings.h"
#include "backend/commands/random_picks.h"
#include "backend/commands/typed_key.h"
#include "backend/types/hash_value.h"

namespace slotway::backend {

namespace {

auto random_of(const Call& call) {
  return [&call] { return call.engine().random(); };
}

void pick_many(const Call& call, const Entry* entry, PickCount picks, bool with_values) {
  if (!entry || picks.count == 0) return call.reply.array(0);
  const HashView hash(entry);
  FieldText text;
  if (picks.repeated && picks.count > kMostRepeatedPicks) return call.reply.error(kOutOfRange);
  const uint64_t wanted = picks.repeated ? picks.count : std::min(picks.count, hash.size());
  // Pairs are arrays of their own in RESP3.
  const bool nested = with_values && call.reply.version() > 2;
  call.reply.array(with_values && !nested ? wanted * 2 : wanted);
  const auto show = [&](HashView::Field field) {
    if (nested) call.reply.array(2);
    call.reply.bulk(field.name);
    if (with_values) call.reply.bulk(field.value);
  };
  if (picks.repeated) {
    for (uint64_t left = wanted; left > 0; --left) show(hash.pick(random_of(call), text));
    return;
  }
  pick_distinct(
      wanted, hash.size(), call, [&](auto&& visit) { hash.for_each(visit); },
      [&](auto&& use) {
        const HashView::Field field = hash.pick(random_of(call), text);
        use(field.name, field);
      },
      show);
}

void hrandfield(Call& call) {
  const size_t words = call.args.size();
  std::optional<PickCount> picks;
  if (words > 2) {
    picks = parse_pick_count(call, 2);
    if (!picks) return;
    if (words > 4 || (words == 4 && !call.is(3, "withvalues"))) {
      return call.reply.error(kSyntaxError);
    }
    if (words == 4 && picks->count > INT64_MAX / 2) return call.reply.error(kOutOfRange);
  }
  const auto entry = read_as(call, call.key(), Type::kHash);
  if (!entry) return;
  if (picks) return pick_many(call, *entry, *picks, words == 4);
  if (!*entry) return call.reply.null();
  FieldText text;
  call.reply.bulk(HashView(*entry).pick(random_of(call), text).name);
}

constexpr Binding kBindings[] = {{"hrandfield", &hrandfield}};

}  // namespace

std::span<const Binding> hash_random_bindings() { return kBindings; }

}  // namespace slotway::backend
