#include "backend/types/sorted_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "backend/engine/value_operations.h"
#include "backend/types/score_range.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Kept {
  ManualClock clock;
  Engine engine{1, clock};
  Database& database = engine.database(0);
  OwnedKey owned{"set"};
  SortedSetLimits limits{8, 64};

  SortedSetChange change() { return {database, owned.key, database.find(owned.key), limits}; }
  const Entry* entry() { return database.find(owned.key)->entry(); }
};

using Members = std::vector<std::pair<double, std::string>>;

Members contents(const Entry* entry, bool reverse = false) {
  Members members;
  const SortedSet set(entry);
  if (set.size() == 0) return members;
  set.for_each(reverse ? set.size() - 1 : 0, set.size(), reverse,
               [&](std::string_view member, double score) { members.emplace_back(score, member); });
  return members;
}

}  // namespace

TEST_CASE("a sorted set does what a map of scores does, small and large") {
  for (const uint64_t seed : {1, 2, 3}) {
    std::mt19937_64 random(seed);
    Kept kept;
    std::map<std::string, double> model;
    kept.limits.members = 40;
    const uint64_t names = seed == 1 ? 30 : 300;
    for (int step = 0; step < 4000; ++step) {
      SortedSetChange set = kept.change();
      const std::string name = random() % 3 ? "member:" + std::to_string(random() % names)
                                            : std::to_string(random() % names);
      const uint64_t what = random() % 10;
      if (what < 6 || model.empty()) {
        const double score = static_cast<double>(random() % 50) / (random() % 2 ? 1 : 7);
        const auto result = set.add(score, name);
        const bool is_new = !model.contains(name);
        REQUIRE(result.outcome == (is_new                 ? AddResult::kAdded
                                   : model[name] == score ? AddResult::kUnchanged
                                                          : AddResult::kUpdated));
        model[name] = score;
      } else if (what < 9) {
        REQUIRE(set.erase(name) == (model.erase(name) > 0));
      } else {
        set.pop(random() % 2, [&](std::string_view member, double score) {
          REQUIRE(model.at(std::string(member)) == score);
          model.erase(std::string(member));
        });
      }
      if (model.empty()) {
        REQUIRE(set.is_empty());
        kept.database.remove(kept.owned.key);
        continue;
      }
      if (step % 20 != 0) continue;
      Members expected;
      for (const auto& [member, score] : model) expected.emplace_back(score, member);
      std::sort(expected.begin(), expected.end());
      REQUIRE(contents(kept.entry()) == expected);
      std::reverse(expected.begin(), expected.end());
      REQUIRE(contents(kept.entry(), true) == expected);
      const SortedSet view(kept.entry());
      REQUIRE(view.size() == expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(view.rank(expected[i].second) == expected.size() - 1 - i);
        REQUIRE(view.score(expected[i].second) == expected[i].first);
      }
      REQUIRE_FALSE(view.score("nobody"));
      REQUIRE_FALSE(view.rank("nobody"));
      REQUIRE(kept.database.keyspace().bytes(kept.owned.key.slot) ==
              counted_bytes(kept.database.keyspace(), kept.owned.key.slot));
    }
  }
}

TEST_CASE("a sorted set becomes large by its members' number and by the length of one") {
  Kept kept;
  for (int i = 0; i < 8; ++i) kept.change().add(i, std::to_string(i));
  CHECK(kept.entry()->encoding() == Encoding::kListpack);
  kept.change().add(0.5, "3");
  CHECK(kept.entry()->encoding() == Encoding::kListpack);
  kept.change().add(8, "8");
  CHECK(kept.entry()->encoding() == Encoding::kSkiplist);
  for (int i = 1; i < 9; ++i) kept.change().erase(std::to_string(i));
  CHECK(kept.entry()->encoding() == Encoding::kSkiplist);

  kept.database.remove(kept.owned.key);
  kept.change().add(1, std::string(64, 'x'));
  CHECK(kept.entry()->encoding() == Encoding::kListpack);
  kept.change().add(1, std::string(65, 'x'));
  CHECK(kept.entry()->encoding() == Encoding::kSkiplist);
  CHECK(SortedSet(kept.entry()).size() == 2);
}

TEST_CASE("an expiry stays when a sorted set becomes large") {
  Kept kept;
  kept.change().add(1, "a");
  kept.database.set_expiry(kept.owned.key, *kept.database.find(kept.owned.key), 1'800'000'000'000);
  for (int i = 0; i < 20; ++i) kept.change().add(i, std::to_string(i));
  CHECK(kept.entry()->encoding() == Encoding::kSkiplist);
  CHECK(kept.entry()->expiry_ms() == 1'800'000'000'000);
}

TEST_CASE("any score comes back from a listpack, but for the sign of zero") {
  const double scores[] = {0,
                           1,
                           -1,
                           0.1,
                           1e300,
                           -1e-300,
                           kInfinity,
                           -kInfinity,
                           1e15,
                           1e17,
                           1e19,
                           -4e18,
                           5e-324,
                           4611686018427387904.0,
                           9223372036854775807.0,
                           0.30000000000000004};
  for (const double score : scores) {
    Kept kept;
    kept.change().add(score, "m");
    CHECK(kept.entry()->encoding() == Encoding::kListpack);
    CHECK(SortedSet(kept.entry()).score("m") == score);
  }
}

TEST_CASE("the conditions of an addition") {
  for (const uint64_t members : {0, 8}) {
    Kept kept;
    kept.limits.members = members;
    const auto add = [&](double score, AddOptions options) {
      return kept.change().add(score, "m", options);
    };
    CHECK(add(1, {.xx = true}).outcome == AddResult::kRefused);
    CHECK_FALSE(kept.database.find(kept.owned.key));
    CHECK(add(1, {.incr = true}).score == 1);
    CHECK(add(2, {.nx = true}).outcome == AddResult::kRefused);
    CHECK(add(1, {.gt = true}).outcome == AddResult::kRefused);
    CHECK(add(2, {.lt = true}).outcome == AddResult::kRefused);
    CHECK(add(2, {.gt = true}).outcome == AddResult::kUpdated);
    CHECK(add(2, {}).outcome == AddResult::kUnchanged);
    CHECK(add(-3, {.gt = true, .incr = true}).outcome == AddResult::kRefused);
    CHECK(add(kInfinity, {.incr = true}).score == kInfinity);
    CHECK(add(-kInfinity, {.incr = true}).outcome == AddResult::kNotANumber);
    CHECK(SortedSet(kept.entry()).score("m") == kInfinity);
  }
}

TEST_CASE("ranges of scores, of bytes and of ranks are ranges of ranks") {
  for (const uint64_t members : {0, 64}) {
    Kept kept;
    kept.limits.members = members;
    for (int i = 0; i < 20; ++i)
      kept.change().add(i / 2, std::string(1, static_cast<char>('a' + i)));
    const SortedSet set(kept.entry());
    const auto scores = [&](const char* min, const char* max) {
      const RankRange ranks = ranks_in(set, *ScoreRange::parse(min, max));
      return std::pair(ranks.first, ranks.count);
    };
    CHECK(scores("2", "3") == std::pair(uint64_t{4}, uint64_t{4}));
    CHECK(scores("(2", "3") == std::pair(uint64_t{6}, uint64_t{2}));
    CHECK(scores("2", "(3") == std::pair(uint64_t{4}, uint64_t{2}));
    CHECK(scores("-inf", "+inf") == std::pair(uint64_t{0}, uint64_t{20}));
    CHECK(scores("3", "2").second == 0);
    CHECK(scores("(2", "(2").second == 0);
    CHECK(scores("100", "200").second == 0);
    const auto lex = [&](const char* min, const char* max) {
      const RankRange ranks = ranks_in(set, *LexRange::parse(min, max));
      return std::pair(ranks.first, ranks.count);
    };
    CHECK(lex("[c", "[e") == std::pair(uint64_t{2}, uint64_t{3}));
    CHECK(lex("(c", "(e") == std::pair(uint64_t{3}, uint64_t{1}));
    CHECK(lex("-", "+") == std::pair(uint64_t{0}, uint64_t{20}));
    CHECK(lex("+", "-").second == 0);
  }
  const auto ranks = [](int64_t start, int64_t stop) {
    const RankRange range = ranks_between(start, stop, 10);
    return std::pair(range.first, range.count);
  };
  CHECK(ranks(0, -1) == std::pair(uint64_t{0}, uint64_t{10}));
  CHECK(ranks(-3, -2) == std::pair(uint64_t{7}, uint64_t{2}));
  CHECK(ranks(INT64_MIN, INT64_MAX) == std::pair(uint64_t{0}, uint64_t{10}));
  CHECK(ranks(0, INT64_MIN).second == 0);
  CHECK(ranks(10, 20).second == 0);
  CHECK(ranks(INT64_MAX, INT64_MAX).second == 0);
  CHECK(ranks_between(0, -1, 0).count == 0);
}

TEST_CASE("bounds and scores as text") {
  CHECK(parse_score("1.5") == 1.5);
  CHECK(parse_score("-12") == -12);
  CHECK(parse_score("0x10") == 16);
  CHECK(parse_score("-inf") == -kInfinity);
  for (const char* const text : {"", " 1", "1 ", "nan", "1e400", "1e-400", "x", "1_0"}) {
    CHECK_FALSE(parse_score(text));
  }
  CHECK_FALSE(parse_score(std::string_view("1\0", 2)));
  CHECK_FALSE(ScoreRange::parse("(", "x"));
  CHECK_FALSE(ScoreRange::parse("nan", "1"));
  CHECK(ScoreRange::parse("(", "")->min == 0);
  CHECK_FALSE(LexRange::parse("a", "+"));
  CHECK_FALSE(LexRange::parse("", "+"));
  CHECK_FALSE(LexRange::parse("-", "+a"));
}

TEST_CASE("a large sorted set is copied and given back by the engine's operations") {
  Kept kept;
  for (int i = 0; i < 1000; ++i) kept.change().add(i % 7, std::to_string(i));
  const ValueOperations& operations = operations_of(Encoding::kSkiplist);
  const Entry::Reference copy = operations.copy(kept.entry()->reference());
  const OwnedKey other("other");
  kept.database.put(other.key, nullptr,
                    Entry::make_reference("other", Type::kSortedSet, Encoding::kSkiplist, copy,
                                          Entry::kNoExpiry));
  CHECK(contents(kept.database.find(other.key)->entry()) == contents(kept.entry()));
  CHECK(operations.effort(copy) >= 1000);
  CHECK(kept.database.remove(kept.owned.key, true));
  settle(kept.engine.reclaimer());
  CHECK(SortedSet(kept.database.find(other.key)->entry()).size() == 1000);
}

}  // namespace slotway::backend
