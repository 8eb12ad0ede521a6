#include "backend/types/score_tree.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

bool precedes(const ScoredMember* a, const ScoredMember* b) {
  return comes_before(a->score, a->bytes(), b->score, b->bytes());
}

// A tree with its members, and the same members in a sorted vector.
class Modelled {
 public:
  ~Modelled() {
    for (ScoredMember* member : sorted_) ScoredMember::release(member);
  }

  void add(double score, const std::string& bytes) {
    ScoredMember* const member = ScoredMember::make(score, bytes);
    const auto at = std::lower_bound(sorted_.begin(), sorted_.end(), member, precedes);
    sorted_.insert(at, member);
    tree.insert(member);
  }
  void erase(size_t rank) {
    ScoredMember* const member = sorted_[rank];
    sorted_.erase(sorted_.begin() + static_cast<ptrdiff_t>(rank));
    tree.erase(member);
    ScoredMember::release(member);
  }
  void erase_at(size_t rank) {
    ScoredMember* const member = sorted_[rank];
    sorted_.erase(sorted_.begin() + static_cast<ptrdiff_t>(rank));
    REQUIRE(tree.erase_at(rank) == member);
    ScoredMember::release(member);
  }
  void move(size_t rank, double score) {
    ScoredMember* const member = sorted_[rank];
    sorted_.erase(sorted_.begin() + static_cast<ptrdiff_t>(rank));
    tree.move(member, score);
    REQUIRE(member->score == score);
    sorted_.insert(std::lower_bound(sorted_.begin(), sorted_.end(), member, precedes), member);
  }

  void check() const {
    REQUIRE(tree.size() == sorted_.size());
    REQUIRE(tree.is_sound());
    ScoreTree::Position forward = tree.first();
    size_t same = 0;
    for (const ScoredMember* member : sorted_) {
      if (!forward || forward.member() != member || forward.score() != member->score) break;
      ++same;
      forward.next();
    }
    REQUIRE(same == sorted_.size());
    REQUIRE_FALSE(forward);
    if (sorted_.empty()) return;
    ScoreTree::Position backward = tree.at(sorted_.size() - 1);
    for (; same > 0 && backward && backward.member() == sorted_[same - 1]; --same) {
      backward.previous();
    }
    REQUIRE(same == 0);
    REQUIRE_FALSE(backward);
  }
  void check_ranks(std::mt19937_64& random) const {
    REQUIRE_FALSE(tree.at(sorted_.size()));
    for (int i = 0; i < 20 && !sorted_.empty(); ++i) {
      const size_t rank = random() % sorted_.size();
      REQUIRE(tree.rank_of(sorted_[rank]) == rank);
      REQUIRE(tree.at(rank).member() == sorted_[rank]);
      const double bound = sorted_[rank]->score + (random() % 2 ? 0.5 : 0);
      const auto below = [bound](double score, const ScoredMember*) { return score < bound; };
      const auto expected = std::partition_point(
          sorted_.begin(), sorted_.end(),
          [&](const ScoredMember* member) { return below(member->score, member); });
      REQUIRE(tree.count_before(below) == static_cast<uint64_t>(expected - sorted_.begin()));
    }
  }
  size_t size() const { return sorted_.size(); }
  double fill() const {
    return static_cast<double>(tree.size()) /
           (static_cast<double>(tree.leaf_count()) * ScoreTree::leaf_room());
  }

  ScoreTree tree;

 private:
  std::vector<ScoredMember*> sorted_;
};

std::string name_of(uint64_t number) { return "member:" + std::to_string(number); }

}  // namespace

TEST_CASE("a score tree does what a sorted vector does") {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    std::mt19937_64 random(seed);
    Modelled both;
    uint64_t names = 0;
    // Few scores make members count in the order; the target size swings up and down to nothing.
    const uint64_t scores = seed % 2 ? 5 : 100'000;
    for (const size_t target : {3000, 100, 2500, 0, 200, 0}) {
      for (int step = 0; step < 200'000 && both.size() != target; ++step) {
        const bool grow = both.size() < target ? random() % 4 != 0 : random() % 4 == 0;
        if (grow || both.size() == 0) {
          both.add(static_cast<double>(random() % scores), name_of(names++));
        } else if (random() % 2) {
          both.erase(random() % both.size());
        } else {
          both.erase_at(random() % 3 ? random() % both.size() : 0);
        }
        if (both.size() > 0 && random() % 2) {
          both.move(random() % both.size(), static_cast<double>(random() % scores));
        }
        if (step % 397 == 0) both.check();
        if (step % 97 == 0) both.check_ranks(random);
      }
      both.check();
      REQUIRE(both.size() == target);
    }
    CHECK(both.tree.memory() < sizeof(ScoreTree) + 1100);
  }
}

TEST_CASE("whole levels of a score tree come and go") {
  std::mt19937_64 random(5);
  for (const int order : {2, 0, 1}) {
    if (tests::kSanitized && order != 2) break;
    Modelled both;
    constexpr int kMembers = 70'000;
    for (int i = 0; i < kMembers; ++i) {
      const double score = order == 0   ? i
                           : order == 1 ? -i
                                        : static_cast<double>(random() % 1'000'000);
      both.add(score, name_of(static_cast<uint64_t>(i)));
    }
    both.check();
    both.check_ranks(random);
    // In order the leaves are full; in no order they are as full as the sharing makes them.
    CHECK(both.fill() > (order == 2 ? 0.7 : 0.99));
    while (both.size() > 0) {
      const size_t rank = order == 0 ? 0 : order == 1 ? both.size() - 1 : random() % both.size();
      both.erase_at(rank);
      if (both.size() % 10'000 == 0) both.check();
    }
    both.check();
  }
}

TEST_CASE("leaves stay filled when scores change for ever") {
  std::mt19937_64 random(6);
  Modelled both;
  for (uint64_t i = 0; i < 20'000; ++i) both.add(static_cast<double>(i), name_of(i));
  for (int i = 0; i < (tests::kSanitized ? 40'000 : 200'000); ++i) {
    both.move(random() % both.size(), static_cast<double>(random() % 1'000'000));
  }
  both.check();
  CHECK(both.fill() > 0.65);
}

TEST_CASE("scores without bounds and bytes of any kind have their order") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Modelled both;
  both.add(kInfinity, "a");
  both.add(-kInfinity, "b");
  both.add(0, std::string("\0", 1));
  both.add(-0.0, "");
  both.add(0, "\xff");
  both.add(0, "x");
  both.check();
  CHECK(both.tree.first().member()->bytes() == "b");
  CHECK(both.tree.at(1).member()->bytes() == "");
  CHECK(both.tree.at(4).member()->bytes() == "\xff");
  CHECK(both.tree.at(5).member()->bytes() == "a");
}

}  // namespace slotway::backend
