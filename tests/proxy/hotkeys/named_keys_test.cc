#include "proxy/hotkeys/named_keys.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

std::vector<uint64_t> all_of(const NamedKeys& keys) {
  std::vector<uint64_t> hashes;
  keys.for_each([&](uint64_t hash) { hashes.push_back(hash); });
  return hashes;
}

}  // namespace

TEST_CASE("named keys: none, one, some, all") {
  CHECK(NamedKeys::none().empty());
  CHECK(!NamedKeys::none().contains(1));

  const NamedKeys one = NamedKeys::one(5);
  CHECK(!one.empty());
  CHECK(one.contains(5));
  CHECK(!one.contains(6));
  CHECK(all_of(one) == std::vector<uint64_t>{5});

  const NamedKeys some = NamedKeys::many({1, 2, 3});
  CHECK(some.contains(1));
  CHECK(some.contains(3));
  CHECK(!some.contains(4));
  CHECK(all_of(some) == std::vector<uint64_t>{1, 2, 3});

  const NamedKeys all = NamedKeys::all();
  CHECK(!all.empty());
  CHECK(all.contains(1));
}

TEST_CASE("named keys: only one key has a weight, and keeps it when it is moved") {
  CHECK(NamedKeys::one(5).weight() == 0);
  NamedKeys sampled = NamedKeys::one(5, 4);
  NamedKeys moved = std::move(sampled);
  CHECK(sampled.weight() == 0);
  CHECK(moved.weight() == 4);
  CHECK(moved.hash() == 5);
  NamedKeys target;
  target = std::move(moved);
  CHECK(target.weight() == 4);
  target.add(NamedKeys::one(6, 4));
  CHECK(target.weight() == 0);
  target = NamedKeys::all();
  CHECK(target.weight() == 0);
}

// As many as a transaction can queue, one after the other: the time must not grow with their
// square, by which this would take hours.
TEST_CASE("named keys: what many commands name") {
  constexpr uint64_t kCount = 3'000'000;
  NamedKeys keys;
  for (uint64_t hash = 1; hash <= kCount; ++hash) keys.add(NamedKeys::one(hash));
  keys.add(NamedKeys::many({kCount + 1, kCount + 2}));
  keys.add(NamedKeys::none());
  CHECK(all_of(keys).size() == kCount + 2);
  CHECK(keys.contains(1));
  CHECK(keys.contains(kCount + 2));
  keys.add(NamedKeys::all());
  CHECK(keys.kind() == NamedKeys::Kind::kAll);
}

TEST_CASE("named keys: moved from one request to the next, and cleared") {
  NamedKeys some = NamedKeys::many({1, 2, 3});
  NamedKeys moved = std::move(some);
  CHECK(all_of(moved) == std::vector<uint64_t>{1, 2, 3});
  NamedKeys target = NamedKeys::many({4});
  target = std::move(moved);
  CHECK(all_of(target) == std::vector<uint64_t>{1, 2, 3});
  target = NamedKeys::one(9);
  CHECK(all_of(target) == std::vector<uint64_t>{9});
  target = NamedKeys::many({7, 8});
  target.clear();
  CHECK(target.empty());
  target.clear();
}

}  // namespace slotway::proxy
