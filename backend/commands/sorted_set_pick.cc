// Members of a sorted set by chance: ZRANDMEMBER.

#include <unordered_set>

#include "backend/commands/bindings.h"
#include "backend/commands/random_picks.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

// A number below `n`, each with the same probability but for what 2^64 % n makes of it.
uint64_t below(const Call& call, uint64_t n) { return call.engine().random() % n; }

void write_at(const Call& call, const SortedSet& set, uint64_t rank, bool with_scores) {
  set.for_each(rank, 1, false, [&](std::string_view member, double score) {
    write_member(call, member, score, with_scores);
  });
}

// `count` members, the same one perhaps often.
void write_any(const Call& call, const SortedSet& set, uint64_t count, bool with_scores) {
  write_members_header(call, count, with_scores);
  const uint64_t size = set.size();
  for (; count > 0; --count) write_at(call, set, below(call, size), with_scores);
}

// `count` different members; not more than there are.
void write_distinct(const Call& call, const SortedSet& set, uint64_t count, bool with_scores) {
  const uint64_t size = set.size();
  count = std::min(count, size);
  write_members_header(call, count, with_scores);
  // So many that drawing ranks would mostly draw old ones: one way over all of them, each taken
  // with the probability that is right for what is still wanted. Source: Knuth, TAOCP 2, 3.4.2 S.
  constexpr uint64_t kFewInMany = 3;
  if (count == size) {
    return set.for_each(size - 1, size, true, [&](std::string_view member, double score) {
      write_member(call, member, score, with_scores);
    });
  }
  if (count > size / kFewInMany || set.pack()) {
    uint64_t left = size;
    set.for_each([&](std::string_view member, double score) {
      if (below(call, left--) >= count) return;
      --count;
      write_member(call, member, score, with_scores);
    });
    return;
  }
  std::unordered_set<uint64_t> ranks;
  while (ranks.size() < count) {
    const uint64_t rank = below(call, size);
    if (ranks.insert(rank).second) write_at(call, set, rank, with_scores);
  }
}

void zrandmember(Call& call) {
  const size_t arguments = call.args.size();
  PickCount picks = {.count = 1};
  if (arguments > 2) {
    const auto given = parse_pick_count(call, 2);
    if (!given) return;
    picks = *given;
  }
  const bool with_scores = arguments == 4 && call.is(3, "withscores");
  if (arguments > 4 || (arguments == 4 && !with_scores)) return call.reply.error(kSyntaxError);
  if (with_scores && picks.count > INT64_MAX / 2) return call.reply.error(kOutOfRange);
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  if (arguments == 2) {
    if (!*entry) return call.reply.null();
    const SortedSet set(*entry);
    return write_at(call, set, below(call, set.size()), false);
  }
  if (!*entry || picks.count == 0) return call.reply.array(0);
  if (!picks.repeated) return write_distinct(call, SortedSet(*entry), picks.count, with_scores);
  if (picks.count > kMostRepeatedPicks) return call.reply.error(kOutOfRange);
  write_any(call, SortedSet(*entry), picks.count, with_scores);
}

constexpr Binding kBindings[] = {{"zrandmember", &zrandmember}};

}  // namespace

std::span<const Binding> sorted_set_pick_bindings() { return kBindings; }

}  // namespace slotway::backend
