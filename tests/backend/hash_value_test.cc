#include "backend/types/hash_value.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "backend/engine/value_operations.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

using Model = std::map<std::string, std::string>;

// One hash in an engine of its own.
class OneHash {
 public:
  bool set(const std::string& field, const std::string& value) {
    return editor().set(field, value);
  }
  uint64_t set_all(const std::vector<std::string_view>& pairs) { return editor().set_all(pairs); }
  bool remove(const std::string& field) {
    HashEditor hash = editor();
    const bool was_there = hash.remove(field);
    hash.remove_if_empty();
    return was_there;
  }
  const Entry* entry() {
    const Cell* const cell = database().find(owned_.key);
    return cell ? cell->entry() : nullptr;
  }
  Database& database() { return engine_.database(0); }
  const Key& key() const { return owned_.key; }
  Settings settings;

 private:
  HashEditor editor() { return {database(), owned_.key, database().find(owned_.key), settings}; }

  ManualClock clock_;
  Engine engine_{1, clock_};
  OwnedKey owned_{"key"};
};

void check(OneHash& hash, const Model& model) {
  const Entry* const entry = hash.entry();
  REQUIRE((entry == nullptr) == model.empty());
  if (!entry) return;
  const HashView view(entry);
  REQUIRE(view.size() == model.size());
  Model shown;
  view.for_each(
      [&](HashView::Field field) { REQUIRE(shown.emplace(field.name, field.value).second); });
  REQUIRE(shown == model);
  for (const auto& [field, value] : model) {
    listpack::ElementText text;
    REQUIRE(view.find(field, text) == std::optional<std::string_view>(value));
  }
  // What the slot is said to hold is what the entry takes.
  REQUIRE(hash.database().keyspace().table_of(hash.key().slot)->entry_bytes == memory_of(entry));
}

std::string draw(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return std::string(60 + random() % 6, static_cast<char>('a' + random() % 3));
    case 1:
      return std::to_string(static_cast<int64_t>(random()));
    case 2:
      return std::to_string(random() % 100);
    default:
      return "text" + std::to_string(random() % 300);
  }
}

}  // namespace

TEST_CASE("a hash does what a model does, in every form") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    OneHash hash;
    hash.settings.hash_listpack_entries = seed % 3 == 0 ? 4 : 512;
    hash.settings.hash_listpack_value = seed % 2 == 0 ? 1000 : 64;
    const uint64_t most = seed % 4 == 0 ? 3 : 400;
    Model model;
    for (int step = 0; step < 5000; ++step) {
      const std::string field = draw(random);
      if (model.size() < most && random() % 5 < 3) {
        const std::string value = draw(random);
        REQUIRE(hash.set(field, value) == !model.count(field));
        model[field] = value;
      } else {
        REQUIRE(hash.remove(field) == (model.erase(field) == 1));
      }
      if (step % 200 == 0) check(hash, model);
    }
    check(hash, model);
    while (!model.empty()) {
      REQUIRE(hash.remove(model.begin()->first));
      model.erase(model.begin());
    }
    check(hash, model);
  }
}

TEST_CASE("a small hash keeps the order of its fields") {
  OneHash hash;
  CHECK(hash.set_all({"b", "1", "a", "2", "c", "3", "b", "4"}) == 3);
  hash.set("a", "longer than before");
  hash.remove("c");
  hash.set("c", "5");
  std::string order;
  HashView(hash.entry()).for_each([&](HashView::Field field) {
    order += std::string(field.name) + "=" + std::string(field.value) + " ";
  });
  CHECK(order == "b=4 a=longer than before c=5 ");
}

TEST_CASE("what a hash is made of follows the settings") {
  OneHash hash;
  hash.settings.hash_listpack_entries = 3;
  const auto encoding = [&] { return hash.entry()->encoding(); };
  CHECK(hash.set_all({"a", "1", "b", "2", "a", "3", "b", "4", "a", "5"}) == 2);
  CHECK(encoding() == Encoding::kListpack);
  hash.set("c", "1");
  CHECK(encoding() == Encoding::kListpack);
  hash.settings.hash_listpack_entries = 2;
  hash.set("c", "2");
  CHECK(encoding() == Encoding::kHashtable);
  CHECK(HashView(hash.entry()).size() == 3);
  for (const char* field : {"a", "b", "c"}) hash.remove(field);
  CHECK(hash.entry() == nullptr);

  hash.set("a", std::string(64, 'x'));
  CHECK(encoding() == Encoding::kListpack);
  hash.set("a", std::string(65, 'x'));
  CHECK(encoding() == Encoding::kHashtable);
  hash.remove("a");
  CHECK(hash.set_all({"a", "1", "b", "2", "c", "3"}) == 3);
  CHECK(encoding() == Encoding::kHashtable);
}

}  // namespace slotway::backend
