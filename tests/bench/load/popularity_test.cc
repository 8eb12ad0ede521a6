// What is drawn against what the distributions say, with fixed seeds.
#include "tests/bench/load/popularity.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace slotway::load {

namespace {

constexpr uint64_t kMs = 1'000'000;

// Of the ranks up to `top` among `n`.
double exact_share(KeyNumber top, KeyNumber n, double s) {
  double part = 0;
  double sum = 0;
  for (KeyNumber rank = n; rank >= 1; --rank) {  // the small ones first, for the rounding
    const double weight = std::pow(rank, -s);
    sum += weight;
    if (rank <= top) part += weight;
  }
  return part / sum;
}

double deviation(double share, uint64_t draws) {
  return std::sqrt(share * (1 - share) / static_cast<double>(draws));
}

std::vector<uint64_t> counts(const Popularity& popularity, KeyNumber keys, uint64_t draws,
                             uint64_t elapsed_ns = 0) {
  std::vector<uint64_t> counts(keys);
  Random random(7);
  for (uint64_t i = 0; i < draws; ++i) ++counts.at(popularity.key(random, elapsed_ns));
  return counts;
}

double share_of(const std::vector<uint64_t>& counts, size_t from, size_t to) {
  const auto sum = [&](size_t a, size_t b) {
    return std::accumulate(counts.begin() + static_cast<ptrdiff_t>(a),
                           counts.begin() + static_cast<ptrdiff_t>(b), uint64_t{0});
  };
  return static_cast<double>(sum(from, to)) / static_cast<double>(sum(0, counts.size()));
}

}  // namespace

TEST_CASE("zipf: the first ranks have their exact share, for exponents below, at and above 1") {
  constexpr uint64_t kDraws = 1'000'000;
  constexpr KeyNumber kKeys = 1'000'000;
  for (const double s : {.3, .8, .99, 1.0, 1.1, 1.21, 2.1}) {
    Popularity::Shape shape;
    shape.zipf = s;
    const auto found = counts(Popularity(shape, kKeys), kKeys, kDraws);
    for (const KeyNumber top : {1u, 2u, 10u, 70u, 1000u, 100'000u}) {
      CAPTURE(s);
      CAPTURE(top);
      const double expected = exact_share(top, kKeys, s);
      CHECK(std::abs(share_of(found, 0, top) - expected) < 5 * deviation(expected, kDraws) + 1e-9);
    }
  }
}

TEST_CASE("zipf: each of a few ranks, by chi squared") {
  constexpr uint64_t kDraws = 1'000'000;
  for (const KeyNumber keys : {1u, 2u, 3u, 10u, 50u}) {
    for (const double s : {0.0, .5, 1.0, 3.0}) {
      CAPTURE(keys);
      CAPTURE(s);
      const Zipf zipf(keys, s);
      Random random(11);
      std::vector<uint64_t> found(keys + 1);
      for (uint64_t i = 0; i < kDraws; ++i) ++found.at(zipf.draw(random));
      double chi_squared = 0;
      for (KeyNumber rank = 1; rank <= keys; ++rank) {
        const double expected =
            kDraws * (exact_share(rank, keys, s) - (rank > 1 ? exact_share(rank - 1, keys, s) : 0));
        chi_squared += std::pow(static_cast<double>(found[rank]) - expected, 2) / expected;
      }
      CHECK(found[0] == 0);
      // Its mean is keys - 1, its variance twice that.
      CHECK(chi_squared < keys - 1 + 5 * std::sqrt(2.0 * keys));
    }
  }
}

TEST_CASE("a billion keys, and extreme exponents") {
  Random random(1);
  const Zipf flat(4'000'000'000, .01);
  uint64_t above = 0;
  for (int i = 0; i < 1000; ++i) above += flat.draw(random) > 2'000'000'000 ? 1 : 0;
  CHECK(above > 400);
  CHECK(above < 600);
  const Zipf steep(1'000'000'000, 50);
  for (int i = 0; i < 1000; ++i) CHECK(steep.draw(random) == 1);
}

TEST_CASE("uniform") {
  const auto found = counts(Popularity({}, 100), 100, 1'000'000);
  for (const uint64_t count : found) CHECK(std::abs(static_cast<double>(count) - 10'000) < 500);
}

TEST_CASE("the hot set shifts: others have the first ranks, all the rest keep theirs") {
  constexpr uint64_t kDraws = 200'000;
  Popularity::Shape shape;
  shape.zipf = .99;
  shape.shift_top = 10;
  shape.shift_every_ns = 500 * kMs;
  const Popularity popularity(shape, 1005);
  const auto before = counts(popularity, 1005, kDraws, 500 * kMs - 1);
  for (const auto& [turn, first] : {std::pair{1u, 990u}, {2u, 980u}, {99u, 10u}}) {
    CAPTURE(turn);
    const auto after = counts(popularity, 1005, kDraws, turn * 500 * kMs);
    for (size_t key = 0; key < before.size(); ++key) {
      const size_t rank = key < 10                           ? key + first
                          : key >= first && key < first + 10 ? key - first
                                                             : key;
      CHECK(after[key] == before[rank]);  // the same draws
    }
    CHECK(share_of(after, first, first + 10) > .3);
    CHECK(share_of(after, 0, 10) < .1);  // as the ranks 11 to 20 at most
  }
  CHECK(counts(popularity, 1005, kDraws, 100 * 500 * kMs) == before);  // once around
}

}  // namespace slotway::load
