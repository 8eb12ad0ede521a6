// Parts of sorted sets: ZRANGE in all its forms, counting and removing what is in a range.

#include "backend/commands/bindings.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"
#include "backend/types/score_range.h"

namespace slotway::backend {

namespace {

enum class By : uint8_t { kUnset, kRank, kScore, kLex };

// Arguments of a range, read.
struct Range {
  By by = By::kRank;
  int64_t start = 0;  // of kRank
  int64_t stop = 0;
  ScoreRange scores = {};  // of kScore
  LexRange lex = {};       // of kLex

  RankRange ranks_of(const SortedSet& set) const {
    switch (by) {
      case By::kScore:
        return ranks_in(set, scores);
      case By::kLex:
        return ranks_in(set, lex);
      default:
        return ranks_between(start, stop, set.size());
    }
  }
};

// From the arguments `min` and `max`. Without a value, the error has been answered.
std::optional<Range> parse_range(const Call& call, By by, size_t min, size_t max) {
  Range range;
  range.by = by;
  if (by == By::kScore) {
    if (const auto scores = ScoreRange::parse(call.args[min], call.args[max])) {
      range.scores = *scores;
      return range;
    }
    call.reply.error(kNoScoreRange);
  } else if (by == By::kLex) {
    if (const auto lex = LexRange::parse(call.args[min], call.args[max])) {
      range.lex = *lex;
      return range;
    }
    call.reply.error(kNoLexRange);
  } else {
    const auto start = call.integer(min);
    if (!start) return std::nullopt;
    const auto stop = call.integer(max);
    if (!stop) return std::nullopt;
    range.start = *start;
    range.stop = *stop;
    return range;
  }
  return std::nullopt;
}

// ---- ZRANGE and its older forms

struct RangeQuery {
  Range range;
  bool reverse = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;  // below 0: none
};

// Reads what stands behind the key, argument `key`. `by` and `reverse` are what the command's name
// says; kUnset: options do. Without a value, the error has been answered.
std::optional<RangeQuery> parse_query(const Call& call, size_t key, By by, bool reverse,
                                      bool stores) {
  const bool free = by == By::kUnset;
  RangeQuery query;
  query.reverse = reverse;
  for (size_t i = key + 3; i < call.args.size(); ++i) {
    if (!stores && call.is(i, "withscores")) {
      query.with_scores = true;
    } else if (call.is(i, "limit") && i + 2 < call.args.size()) {
      const auto offset = call.integer(i + 1);
      if (!offset) return std::nullopt;
      const auto limit = call.integer(i + 2);
      if (!limit) return std::nullopt;
      query.offset = *offset;
      query.limit = *limit;
      i += 2;
    } else if (free && !query.reverse && call.is(i, "rev")) {
      query.reverse = true;
    } else if (by == By::kUnset && call.is(i, "bylex")) {
      by = By::kLex;
    } else if (by == By::kUnset && call.is(i, "byscore")) {
      by = By::kScore;
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  if (by == By::kUnset) by = By::kRank;
  if (query.limit != -1 && by == By::kRank) {
    call.reply.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return std::nullopt;
  }
  if (query.with_scores && by == By::kLex) {
    call.reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return std::nullopt;
  }
  const bool swapped = query.reverse && by != By::kRank;
  const auto range = parse_range(call, by, key + (swapped ? 2 : 1), key + (swapped ? 1 : 2));
  if (!range) return std::nullopt;
  query.range = *range;
  return query;
}

// The ranks that a query asks for; downwards from `first` on if it is reverse.
RankRange ranks_of(const RangeQuery& query, const SortedSet& set) {
  RankRange ranks = query.range.ranks_of(set);
  if (query.range.by == By::kRank) {
    if (query.reverse) ranks.first = set.size() - 1 - ranks.first;
    return ranks;
  }
  const auto offset = static_cast<uint64_t>(query.offset);
  if (query.offset < 0 || offset >= ranks.count) return {};
  const uint64_t first =
      query.reverse ? ranks.first + ranks.count - 1 - offset : ranks.first + offset;
  uint64_t count = ranks.count - offset;
  if (query.limit >= 0) count = std::min(count, static_cast<uint64_t>(query.limit));
  return {first, count};
}

void range(const Call& call, By by, bool reverse) {
  const auto query = parse_query(call, 1, by, reverse, false);
  if (!query) return;
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  if (!*entry) return call.reply.array(0);
  const SortedSet set(*entry);
  const RankRange ranks = ranks_of(*query, set);
  write_members_header(call, ranks.count, query->with_scores);
  set.for_each(ranks.first, ranks.count, query->reverse,
               [&](std::string_view member, double score) {
                 write_member(call, member, score, query->with_scores);
               });
}

void zrange(Call& call) { range(call, By::kUnset, false); }
void zrevrange(Call& call) { range(call, By::kRank, true); }
void zrangebyscore(Call& call) { range(call, By::kScore, false); }
void zrevrangebyscore(Call& call) { range(call, By::kScore, true); }
void zrangebylex(Call& call) { range(call, By::kLex, false); }
void zrevrangebylex(Call& call) { range(call, By::kLex, true); }

void zrangestore(Call& call) {
  const auto query = parse_query(call, 2, By::kUnset, false, true);
  if (!query) return;
  const auto entry = read_as(call, call.key(2), Type::kSortedSet);
  if (!entry) return;
  std::vector<ScoredMember*> members;
  if (*entry) {
    const SortedSet set(*entry);
    const RankRange ranks = ranks_of(*query, set);
    const SortedSetLimits limits = sorted_set_limits(call);
    // As in Redis, the result is a listpack as long as it can be one, and that knows no -0.
    bool packed = query->range.by != By::kRank || ranks.count <= limits.members;
    set.for_each(
        ranks.first, ranks.count, query->reverse, [&](std::string_view member, double score) {
          packed = packed && members.size() < limits.members && member.size() <= limits.bytes;
          members.push_back(ScoredMember::make(packed && score == 0 ? 0 : score, member));
        });
    sort_members(members);
  }
  store_members(call, call.key(), members, "zrangestore");
}

// ---- counting, removing

void count(const Call& call, By by) {
  const auto range = parse_range(call, by, 2, 3);
  if (!range) return;
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  const uint64_t members = *entry ? range->ranks_of(SortedSet(*entry)).count : 0;
  call.reply.integer(static_cast<int64_t>(members));
}

void zcount(Call& call) { count(call, By::kScore); }
void zlexcount(Call& call) { count(call, By::kLex); }

void remove(const Call& call, By by, std::string_view event) {
  const auto range = parse_range(call, by, 2, 3);
  if (!range) return;
  const Key key = call.key();
  auto set = change_sorted_set(call, key);
  if (!set) return;
  if (!set->cell()) return call.reply.integer(0);
  const RankRange ranks = range->ranks_of(SortedSet(set->cell()->entry()));
  if (ranks.count > 0) {
    set->erase_ranks(ranks.first, ranks.count);
    finish_removal(call, key, *set, event);
  }
  call.reply.integer(static_cast<int64_t>(ranks.count));
}

void zremrangebyrank(Call& call) { remove(call, By::kRank, "zremrangebyrank"); }
void zremrangebyscore(Call& call) { remove(call, By::kScore, "zremrangebyscore"); }
void zremrangebylex(Call& call) { remove(call, By::kLex, "zremrangebylex"); }

constexpr Binding kBindings[] = {
    {"zrange", &zrange},
    {"zrevrange", &zrevrange},
    {"zrangebyscore", &zrangebyscore},
    {"zrevrangebyscore", &zrevrangebyscore},
    {"zrangebylex", &zrangebylex},
    {"zrevrangebylex", &zrevrangebylex},
    {"zrangestore", &zrangestore},
    {"zcount", &zcount},
    {"zlexcount", &zlexcount},
    {"zremrangebyrank", &zremrangebyrank},
    {"zremrangebyscore", &zremrangebyscore},
    {"zremrangebylex", &zremrangebylex},
};

}  // namespace

std::span<const Binding> sorted_set_range_bindings() { return kBindings; }

}  // namespace slotway::backend
