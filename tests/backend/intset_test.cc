#include "backend/types/intset.h"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace slotway::backend {

namespace {

// Of exactly the right size, so that a sanitizer sees every byte too far.
class Bytes {
 public:
  explicit Bytes(const std::vector<int64_t>& sorted) : bytes_(intset::size_for(sorted)) {
    intset::make(data(), sorted);
  }
  char* data() { return bytes_.data(); }
  void resize(size_t size) {
    bytes_.resize(size);
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

int64_t draw(std::mt19937_64& random, int widest) {
  const int64_t small = static_cast<int64_t>(random() % 100) - 50;
  switch (random() % static_cast<uint64_t>(widest)) {
    case 0:
      return small;
    case 1:
      return (random() % 2 ? INT16_MAX : INT16_MIN) + small;
    case 2:
      return (random() % 2 ? INT32_MAX : INT32_MIN) + small;
    default:
      return random() % 2 ? INT64_MAX - (small + 50) : INT64_MIN + small + 50;
  }
}

}  // namespace

TEST_CASE("an intset does what a set does") {
  for (int widest = 1; widest <= 4; ++widest) {
    std::mt19937_64 random(static_cast<uint64_t>(widest));
    std::set<int64_t> model = {draw(random, widest)};
    Bytes set({*model.begin()});
    for (int step = 0; step < 5000; ++step) {
      const int64_t value = draw(random, widest);
      if (random() % 5 < 3) {
        REQUIRE(intset::insert(set, value) == model.insert(value).second);
      } else {
        REQUIRE(intset::erase(set, value) == (model.erase(value) == 1));
      }
      REQUIRE(intset::count(set.data()) == model.size());
      REQUIRE(intset::contains(set.data(), value) == (model.count(value) == 1));
      if (model.empty()) continue;
      REQUIRE(intset::is_valid(set.view()));
      if (step % 100 != 0) continue;
      size_t index = 0;
      for (const int64_t number : model) REQUIRE(intset::at(set.data(), index++) == number);
    }
  }
}

TEST_CASE("an intset has Redis's bytes") {
  Bytes set({-2, 7});
  CHECK(set.view() == std::string_view("\2\0\0\0\2\0\0\0\xfe\xff\x07\0", 12));
  CHECK(intset::insert(set, 65536));
  CHECK(set.view() == std::string_view("\4\0\0\0\3\0\0\0\xfe\xff\xff\xff\x07\0\0\0\0\0\1\0", 20));
  CHECK(intset::erase(set, 65536));
  CHECK(set.view() == std::string_view("\4\0\0\0\2\0\0\0\xfe\xff\xff\xff\x07\0\0\0", 16));
  CHECK(intset::insert(set, INT64_MIN));
  CHECK(intset::at(set.data(), 0) == INT64_MIN);
  CHECK(set.view().size() == 8 + 3 * 8);
}

TEST_CASE("what is no intset is not taken for one") {
  const std::string good(Bytes({1, 2, 70000}).view());
  CHECK(intset::is_valid(good));
  for (size_t cut = 0; cut < good.size(); ++cut) {
    // Copied, so that reading behind the end is seen.
    const std::vector<char> part(good.begin(), good.begin() + static_cast<long>(cut));
    CHECK_FALSE(intset::is_valid({part.data(), part.size()}));
  }
  CHECK_FALSE(intset::is_valid(good + "x"));
  CHECK_FALSE(intset::is_valid(std::string_view("\2\0\0\0\0\0\0\0", 8)));
  CHECK_FALSE(intset::is_valid(std::string_view("\2\0\0\0\2\0\0\0\1\0\1\0", 12)));
  CHECK_FALSE(intset::is_valid(std::string_view("\2\0\0\0\2\0\0\0\2\0\1\0", 12)));
  CHECK_FALSE(intset::is_valid(std::string_view("\3\0\0\0\1\0\0\0\2\0\1", 11)));
  CHECK_FALSE(intset::is_valid(std::string_view("\2\0\0\0\xff\xff\xff\xff\2\0", 10)));
}

}  // namespace slotway::backend
