#include "proxy/hotkeys/names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace slotway::proxy::hotkeys {

namespace {

std::string key_of(uint64_t hash, size_t length) {
  std::string key = std::to_string(hash) + ":";
  while (key.size() < length) key += static_cast<char>('a' + key.size() % 26);
  key.resize(length);
  return key;
}

}  // namespace

TEST_CASE("names: a key is found by its hash, with its text") {
  const auto names = std::make_unique<Names>();
  for (const size_t length : {0, 1, 31, 32, 33, 64, 255, 256}) {
    CAPTURE(length);
    const std::string key = key_of(length + 1, length);
    REQUIRE(names->insert(key, length + 1, 1) != nullptr);
    Name* const name = names->find(length + 1);
    REQUIRE(name != nullptr);
    CHECK(names->text(*name) == key);
    CHECK_FALSE(name->cut);
  }
  CHECK(names->find(7777) == nullptr);
  const std::string zeros("\0\r\n\0", 4);
  CHECK(names->text(*names->insert(zeros, 7777, 1)) == zeros);
}

TEST_CASE("names: a long key is cut, and says so") {
  const auto names = std::make_unique<Names>();
  const std::string key = key_of(1, 257);
  const Name* const name = names->insert(key, 1, 1);
  REQUIRE(name != nullptr);
  CHECK(names->text(*name) == key.substr(0, 256));
  CHECK(name->cut);
}

TEST_CASE("names: the coldest goes when all are taken, and none for a colder one") {
  const auto names = std::make_unique<Names>();
  for (uint64_t i = 1; i <= Names::kMost; ++i) {
    CHECK(names->coldest() == 0);
    REQUIRE(names->insert(key_of(i, 20), i, static_cast<float>(i)) != nullptr);
  }
  CHECK(names->coldest() == 1);
  CHECK(names->insert("colder", 1000, 0.5F) == nullptr);
  CHECK(names->insert("as cold", 1000, 1) == nullptr);
  CHECK(names->find(1) != nullptr);
  CHECK(names->insert("hotter", 1000, 1.5F) != nullptr);
  CHECK(names->find(1) == nullptr);
  CHECK(names->find(1000) != nullptr);
  CHECK(names->size() == Names::kMost);
  CHECK(names->coldest() == 1.5F);
}

TEST_CASE("names: of long keys there is room for fewer, and the hottest stay") {
  const auto names = std::make_unique<Names>();
  for (uint64_t i = 1; i <= Names::kMost; ++i) {
    REQUIRE(names->insert(key_of(i, 256), i, static_cast<float>(i)) != nullptr);
  }
  CHECK(names->size() == 120);
  for (uint64_t i = 1; i <= Names::kMost; ++i) {
    CHECK((names->find(i) != nullptr) == (i > Names::kMost - 120));
  }
  CHECK(names->insert(key_of(1, 256), 1, 1) == nullptr);
  names->clear();
  CHECK(names->size() == 0);
  CHECK(names->find(200) == nullptr);
  for (uint64_t i = 1; i <= 120; ++i) names->insert(key_of(i, 256), i, 1);
  CHECK(names->size() == 120);
}

TEST_CASE("names: against a plain map, with many hashes in the same places") {
  const auto names = std::make_unique<Names>();
  std::map<uint64_t, std::pair<float, std::string>> model;
  std::mt19937 random(4);
  bool same = true;
  for (uint64_t step = 0; step < 100'000; ++step) {
    // The index goes by bits 20 and up: only eight places, two of them at its end.
    const uint64_t hash = (random() % 300) << 32 | uint64_t{(508 + random() % 8) % 512} << 20;
    const uint32_t what = random() % 16;
    if (what == 0) {
      names->review([&](const Name& name) { return name.hash % 7 == step % 7; });
      std::erase_if(model, [&](const auto& it) { return it.first % 7 == step % 7; });
    } else if (what < 10 && names->find(hash) == nullptr) {
      const std::string key = key_of(hash, random() % 64);
      const float heat = static_cast<float>(random() >> 8);
      const auto coldest = [&] {
        return std::min_element(model.begin(), model.end(), [](const auto& a, const auto& b) {
          return a.second.first < b.second.first;
        });
      };
      const bool fits = model.size() < Names::kMost || coldest()->second.first < heat;
      if (fits && model.size() == Names::kMost) model.erase(coldest());
      if (fits) model[hash] = {heat, key};
      same = same && (names->insert(key, hash, heat) != nullptr) == fits;
    }
    const auto known = model.find(hash);
    const Name* const name = names->find(hash);
    same = same && (name != nullptr) == (known != model.end());
    if (name != nullptr && known != model.end()) {
      same = same && names->text(*name) == known->second.second;
    }
    same = same && names->size() == model.size();
    REQUIRE(same);
  }
}

TEST_CASE("names: a review changes the order") {
  const auto names = std::make_unique<Names>();
  for (uint64_t i = 1; i <= Names::kMost; ++i) {
    names->insert("key", i, static_cast<float>(i));
  }
  names->review([](Name& name) {
    name.heat = 1000 - name.heat;
    return false;
  });
  CHECK(names->coldest() == 1000 - 256);
  std::set<uint64_t> hashes;
  for (size_t i = 0; i < names->size(); ++i) hashes.insert(names->at(i).hash);
  CHECK(hashes.size() == Names::kMost);
}

}  // namespace slotway::proxy::hotkeys
