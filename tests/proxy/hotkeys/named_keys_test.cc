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
