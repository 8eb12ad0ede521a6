// Unions, intersections and differences of sorted sets.

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/types/scored_input.h"

namespace slotway::backend {

namespace {

enum class Operation : uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : uint8_t { kSum, kMin, kMax };

struct Source {
  ScoredInput input;
  double weight = 1;

  double weighted(double score) const {
    score *= weight;
    return std::isnan(score) ? 0 : score;  // 0 times infinity
  }
};

struct Combination {
  std::vector<Source> sources;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  uint64_t limit = 0;  // of ZINTERCARD; 0: none
};

double aggregated(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kMin:
      return b < a ? b : a;
    case Aggregate::kMax:
      return b > a ? b : a;
    case Aggregate::kSum:
      break;
  }
  const double sum = a + b;
  return std::isnan(sum) ? 0 : sum;  // of both infinities
}

// ---- arguments

// What a combination is for: which options there are.
enum class Use : uint8_t { kReply, kStore, kCount };

std::optional<Aggregate> parse_aggregate(const Call& call, size_t index) {
  if (call.is(index, "sum")) return Aggregate::kSum;
  if (call.is(index, "min")) return Aggregate::kMin;
  if (call.is(index, "max")) return Aggregate::kMax;
  call.reply.error(kSyntaxError);
  return std::nullopt;
}

// The options from argument `i` on. False, and the error has been answered, if they are wrong.
bool parse_options(const Call& call, size_t i, Operation operation, Use use,
                   Combination& combination) {
  const bool weighted = operation != Operation::kDifference && use != Use::kCount;
  while (i < call.args.size()) {
    const size_t values = call.args.size() - i - 1;
    if (weighted && values >= combination.sources.size() && call.is(i, "weights")) {
      ++i;
      for (Source& source : combination.sources) {
        const auto weight = score_argument(call, i++, "ERR weight value is not a float");
        if (!weight) return false;
        source.weight = *weight;
      }
    } else if (weighted && values >= 1 && call.is(i, "aggregate")) {
      const auto aggregate = parse_aggregate(call, i + 1);
      if (!aggregate) return false;
      combination.aggregate = *aggregate;
      i += 2;
    } else if (use == Use::kReply && call.is(i, "withscores")) {
      combination.with_scores = true;
      ++i;
    } else if (use == Use::kCount && values >= 1 && call.is(i, "limit")) {
      const auto limit = integer_argument(call, i + 1, 0, "ERR LIMIT can't be negative");
      if (!limit) return false;
      combination.limit = static_cast<uint64_t>(*limit);
      i += 2;
    } else {
      call.reply.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// "numkeys key [key ...]" from argument `at` on, with the options behind it. Without a value, the
// error has been answered.
std::optional<Combination> parse(const Call& call, size_t at, Operation operation, Use use) {
  const auto keys = call.integer(at);
  if (!keys) return std::nullopt;
  if (*keys < 1) {
    call.reply.error("ERR at least 1 input key is needed for '" + call.command.full_name +
                     "' command");
    return std::nullopt;
  }
  const size_t behind = call.args.size() - at - 1;
  if (static_cast<uint64_t>(*keys) > behind) {
    call.reply.error(kSyntaxError);
    return std::nullopt;
  }
  Combination combination;
  size_t i = at + 1;
  for (const size_t end = i + static_cast<size_t>(*keys); i < end; ++i) {
    const auto input = ScoredInput::of(call.database().read(call.key(i)));
    if (!input) {
      call.reply.error(kWrongType);
      return std::nullopt;
    }
    combination.sources.push_back({*input});
  }
  if (!parse_options(call, i, operation, use, combination)) return std::nullopt;
  if (operation != Operation::kDifference) {
    // Also the order in which scores are added up.
    std::stable_sort(
        combination.sources.begin(), combination.sources.end(),
        [](const Source& a, const Source& b) { return a.input.size() < b.input.size(); });
  }
  return combination;
}

// ---- results

// Calls visit(member, score) for each member that all sources have, until it returns false.
template <typename Visit>
void intersect(const Combination& combination, Visit&& visit) {
  const Source& first = combination.sources.front();
  first.input.for_each([&](std::string_view member, double own) {
    double score = first.weighted(own);
    for (size_t i = 1; i < combination.sources.size(); ++i) {
      const Source& source = combination.sources[i];
      const auto other = source.input.score(member);
      if (!other) return true;
      score = aggregated(combination.aggregate, score, *other * source.weight);
    }
    return visit(member, score);
  });
}

std::vector<ScoredMember*> unite(const Combination& combination) {
  LargeSortedSet::Table table;
  for (const Source& source : combination.sources) {
    source.input.for_each([&](std::string_view member, double own) {
      const double score = source.weighted(own);
      const uint64_t hash = hash_bytes(member);
      if (auto* const cell = table.find(hash, member)) {
        ScoredMember* const there = cell->entry();
        there->score = aggregated(combination.aggregate, there->score, score);
      } else {
        table.insert(hash, ScoredMember::make(score, member));
      }
      return true;
    });
  }
  std::vector<ScoredMember*> members;
  members.reserve(table.size());
  table.for_each([&](ScoredMember* member) { members.push_back(member); });
  return members;
}

std::vector<ScoredMember*> combine(const Combination& combination, Operation operation) {
  std::vector<ScoredMember*> members;
  const auto add = [&members](std::string_view member, double score) {
    members.push_back(ScoredMember::make(score, member));
    return true;
  };
  const auto& sources = combination.sources;
  switch (operation) {
    case Operation::kUnion:
      members = unite(combination);
      break;
    case Operation::kIntersection:
      intersect(combination, add);
      break;
    case Operation::kDifference:
      sources.front().input.for_each([&](std::string_view member, double score) {
        const bool elsewhere = std::any_of(
            sources.begin() + 1, sources.end(),
            [&](const Source& source) { return source.input.score(member).has_value(); });
        return elsewhere || add(member, score);
      });
  }
  sort_members(members);
  return members;
}

void reply(const Call& call, Operation operation) {
  const auto combination = parse(call, 1, operation, Use::kReply);
  if (!combination) return;
  const std::vector<ScoredMember*> members = combine(*combination, operation);
  write_members_header(call, members.size(), combination->with_scores);
  for (ScoredMember* member : members) {
    write_member(call, member->bytes(), member->score, combination->with_scores);
    ScoredMember::release(member);
  }
}

void zunion(Call& call) { reply(call, Operation::kUnion); }
void zinter(Call& call) { reply(call, Operation::kIntersection); }
void zdiff(Call& call) { reply(call, Operation::kDifference); }

void store(const Call& call, Operation operation, std::string_view event) {
  const auto combination = parse(call, 2, operation, Use::kStore);
  if (combination) store_members(call, call.key(), combine(*combination, operation), event);
}

void zunionstore(Call& call) { store(call, Operation::kUnion, "zunionstore"); }
void zinterstore(Call& call) { store(call, Operation::kIntersection, "zinterstore"); }
void zdiffstore(Call& call) { store(call, Operation::kDifference, "zdiffstore"); }

void zintercard(Call& call) {
  const auto combination = parse(call, 1, Operation::kIntersection, Use::kCount);
  if (!combination) return;
  uint64_t count = 0;
  intersect(*combination, [&](std::string_view, double) { return ++count != combination->limit; });
  call.reply.integer(static_cast<int64_t>(count));
}

constexpr Binding kBindings[] = {
    {"zunion", &zunion},           {"zinter", &zinter},           {"zdiff", &zdiff},
    {"zunionstore", &zunionstore}, {"zinterstore", &zinterstore}, {"zdiffstore", &zdiffstore},
    {"zintercard", &zintercard},
};

}  // namespace

std::span<const Binding> sorted_set_store_bindings() { return kBindings; }

}  // namespace slotway::backend
