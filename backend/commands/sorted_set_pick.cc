// Members of a sorted set by chance: ZRANDMEMBER.

#include <algorithm>

#include "backend/commands/bindings.h"
#include "backend/commands/random_picks.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

struct Scored {
  std::string_view member;
  double score;
};

// Calls use(Scored) with any member, each with the same probability.
template <typename Use>
void pick(const Call& call, const SortedSet& set, Use&& use) {
  const auto random = [&call] { return call.engine().random(); };
  if (const LargeSortedSet* const large = set.large()) {
    const ScoredMember* const picked = large->table().pick(random);
    return use(Scored{picked->bytes(), picked->score});
  }
  set.for_each(random() % set.size(), 1, false, [&](std::string_view member, double score) {
    use(Scored{member, score});
  });
}

void pick_many(const Call& call, const SortedSet& set, PickCount picks, bool with_scores) {
  const uint64_t size = set.size();
  if (picks.repeated && picks.count > kMostRepeatedPicks) return call.reply.error(kOutOfRange);
  const uint64_t wanted = picks.repeated ? picks.count : std::min(picks.count, size);
  const auto show = [&](const Scored& picked) {
    write_member(call, picked.member, picked.score, with_scores);
  };
  const auto walk = [&](auto&& visit) {
    // Downwards, as Redis shows all of them.
    set.for_each(size - 1, size, true, [&](std::string_view member, double score) {
      return visit(Scored{member, score});
    });
  };
  write_members_header(call, wanted, with_scores);
  if (picks.repeated) {
    for (uint64_t left = wanted; left > 0; --left) pick(call, set, show);
    return;
  }
  pick_distinct(
      wanted, size, call, walk,
      [&](auto&& use) {
        pick(call, set, [&](const Scored& picked) { use(picked.member, picked); });
      },
      show);
}

void zrandmember(Call& call) {
  const size_t words = call.args.size();
  std::optional<PickCount> picks;
  if (words > 2) {
    picks = parse_pick_count(call, 2);
    if (!picks) return;
    if (words > 4 || (words == 4 && !call.is(3, "withscores"))) {
      return call.reply.error(kSyntaxError);
    }
    if (words == 4 && picks->count > INT64_MAX / 2) return call.reply.error(kOutOfRange);
  }
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  if (!*entry) return picks ? call.reply.array(0) : call.reply.null();
  const SortedSet set(*entry);
  if (!picks) {
    return pick(call, set, [&](const Scored& picked) { call.reply.bulk(picked.member); });
  }
  if (picks->count == 0) return call.reply.array(0);
  pick_many(call, set, *picks, words == 4);
}

constexpr Binding kBindings[] = {{"zrandmember", &zrandmember}};

}  // namespace

std::span<const Binding> sorted_set_pick_bindings() { return kBindings; }

}  // namespace slotway::backend
