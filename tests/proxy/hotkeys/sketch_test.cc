#include "proxy/hotkeys/sketch.h"

#include <doctest/doctest.h>

#include <random>

namespace slotway::proxy::hotkeys {

namespace {

// Hashes that share their first bucket, whatever the size: their low bits are the same.
uint64_t in_bucket_0(uint32_t fingerprint) { return uint64_t{fingerprint} << 32; }

// Strangers, each only once.
void add_noise(Sketch& sketch, std::mt19937_64& random, int count, uint64_t epoch = 0) {
  for (int i = 0; i < count; ++i) sketch.add(random(), 1, epoch);
}

}  // namespace

TEST_CASE("sketch: counts exactly while there is room") {
  Sketch sketch;
  std::mt19937_64 random(1);
  std::vector<uint64_t> keys(2000);
  for (uint64_t& key : keys) key = random();
  uint32_t wrong = 0;
  for (uint32_t round = 1; round <= 5; ++round) {
    for (const uint64_t key : keys) wrong += sketch.add(key, 3, 0) != 3 * round;
  }
  for (const uint64_t key : keys) wrong += sketch.estimate(key) != 15;
  CHECK(wrong == 0);
  CHECK(sketch.estimate(random()) == 0);
}

TEST_CASE("sketch: its memory is that of its buckets") {
  CHECK(Sketch().bytes() == 64 * 1024);
  CHECK(Sketch(64).bytes() == 4096);
}

TEST_CASE("sketch: a key that comes late finds a place among strangers, and keeps it") {
  Sketch sketch(64);  // 448 entries
  std::mt19937_64 random(2);
  add_noise(sketch, random, 50'000);
  const uint64_t key = random();
  uint32_t estimate = 0;
  for (int i = 0; i < 2000; ++i) {
    estimate = sketch.add(key, 1, 0);
    add_noise(sketch, random, 20);
  }
  CHECK(estimate >= 1900);
  CHECK(estimate <= 2000 + 50);  // it may have taken over what the smallest entry had
  add_noise(sketch, random, 50'000);
  CHECK(sketch.estimate(key) == estimate);
}

TEST_CASE("sketch: rare keys do not drive out frequent ones, in one bucket with its lobby") {
  Sketch sketch(1);  // both buckets of all keys
  for (uint32_t key = 1; key <= 7; ++key) sketch.add(in_bucket_0(key), 100, 0);
  for (uint32_t stranger = 100; stranger < 10'100; ++stranger) {
    sketch.add(in_bucket_0(stranger), 1, 0);
  }
  for (uint32_t key = 1; key <= 7; ++key) CHECK(sketch.estimate(in_bucket_0(key)) == 100);
  // One that becomes larger than the smallest takes its place.
  for (int i = 0; i < 200; ++i) sketch.add(in_bucket_0(50), 1, 0);
  CHECK(sketch.estimate(in_bucket_0(50)) >= 150);
  int kept = 0;
  for (uint32_t key = 1; key <= 7; ++key) kept += sketch.estimate(in_bucket_0(key)) == 100;
  CHECK(kept == 6);
}

TEST_CASE("sketch: an entry that loses its place moves to its other bucket") {
  // Of two buckets, some keys have both and some only the first, by a bit of this product.
  Sketch sketch(2);
  const auto has_both = [](uint32_t key) { return ((key * 0x5bd1e995u) >> 8 & 1) != 0; };
  std::vector<uint32_t> movable;
  uint32_t bound = 0;
  for (uint32_t key = 1; movable.size() < 7 || bound == 0; ++key) {
    if (!has_both(key)) bound = key;
    if (has_both(key) && movable.size() < 7) movable.push_back(key);
  }
  for (const uint32_t key : movable) sketch.add(in_bucket_0(key), 100, 0);
  for (int i = 0; i < 150; ++i) sketch.add(in_bucket_0(bound), 1, 0);
  CHECK(sketch.estimate(in_bucket_0(bound)) >= 150);
  for (const uint32_t key : movable) CHECK(sketch.estimate(in_bucket_0(key)) == 100);
}

TEST_CASE("sketch: an eighth is forgotten in each epoch") {
  Sketch sketch;
  sketch.add(42, 1u << 20, 5);
  CHECK(sketch.estimate(42) == 1u << 20);
  const auto after = [&](uint64_t epoch) {
    sketch.add(43, 1, epoch);
    return sketch.estimate(42);
  };
  CHECK(after(6) == doctest::Approx((1u << 20) * 0.875).epsilon(0.0001));
  CHECK(after(16) == doctest::Approx((1u << 20) * 0.2302).epsilon(0.001));
  CHECK(after(1'000'000'000) == 0);
}

TEST_CASE("sketch: a bucket that nobody asked for is forgotten too, though its epoch has 8 bits") {
  Sketch sketch;
  sketch.add(42, 1u << 20, 0);
  for (uint64_t epoch = 1; epoch <= 256; ++epoch) sketch.add(43, 1, epoch);
  CHECK(sketch.estimate(42) == 0);
}

TEST_CASE("sketch: small counts are forgotten without bias") {
  // A key that comes once an epoch has 8 in the long run: after an update, 1 + 7.
  Sketch sketch;
  double sum = 0;
  for (uint64_t epoch = 0; epoch < 4000; ++epoch) {
    const uint32_t estimate = sketch.add(42, 1, epoch);
    if (epoch >= 100) sum += estimate;
  }
  CHECK(sum / 3900 == doctest::Approx(8).epsilon(0.05));
}

TEST_CASE("sketch: counts stop at their end") {
  Sketch sketch;
  CHECK(sketch.add(42, UINT32_MAX - 1, 0) == UINT32_MAX - 1);
  CHECK(sketch.add(42, 7, 0) == UINT32_MAX);
  Sketch full(1);  // the lobby's end is nearer
  for (uint32_t key = 1; key <= 7; ++key) full.add(in_bucket_0(key), UINT32_MAX, 0);
  for (int i = 0; i < 3; ++i) full.add(in_bucket_0(9), UINT32_MAX, 0);
  CHECK(full.estimate(in_bucket_0(9)) != 0);
}

TEST_CASE("sketch: weights in units of what is usual") {
  // As "a key that comes late", with 1,000 for each request: the lobby must not harden.
  Sketch sketch(64);
  sketch.set_unit(1000);
  std::mt19937_64 random(3);
  const auto noise = [&](int count) {
    for (int i = 0; i < count; ++i) sketch.add(random(), 1000, 0);
  };
  noise(50'000);
  const uint64_t key = random();
  uint32_t estimate = 0;
  for (int i = 0; i < 2000; ++i) {
    estimate = sketch.add(key, 1000, 0);
    noise(20);
  }
  CHECK(estimate >= 1'900'000);
}

TEST_CASE("sketch: cleared") {
  Sketch sketch;
  sketch.add(42, 9, 3);
  sketch.clear();
  CHECK(sketch.estimate(42) == 0);
  CHECK(sketch.add(42, 9, 3) == 9);
}

}  // namespace slotway::proxy::hotkeys
