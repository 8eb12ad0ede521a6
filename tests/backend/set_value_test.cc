#include "backend/types/set_value.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "backend/engine/value_operations.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

// One set in an engine of its own.
class OneSet {
 public:
  bool add(const std::string& member) { return editor().add(member); }
  bool remove(const std::string& member) {
    SetEditor set = editor();
    const bool was_there = set.remove(member);
    set.remove_if_empty();
    return was_there;
  }
  const Entry* entry() {
    const Cell* const cell = database().find(owned_.key);
    return cell ? cell->entry() : nullptr;
  }
  Database& database() { return engine_.database(0); }
  void put(Entry* entry) { database().put(owned_.key, database().find(owned_.key), entry); }
  std::string_view key() const { return owned_.text; }
  Settings settings;

 private:
  SetEditor editor() { return {database(), owned_.key, database().find(owned_.key), settings}; }

  ManualClock clock_;
  Engine engine_{1, clock_};
  OwnedKey owned_{"key"};
};

void check(OneSet& set, const std::set<std::string>& model) {
  const Entry* const entry = set.entry();
  REQUIRE((entry == nullptr) == model.empty());
  if (!entry) return;
  const SetView view(entry);
  REQUIRE(view.size() == model.size());
  std::set<std::string> shown;
  view.for_each([&](std::string_view member) { REQUIRE(shown.emplace(member).second); });
  REQUIRE(shown == model);
  for (const std::string& member : model) REQUIRE(view.contains(member));
  // What the slot is said to hold is what the entry takes.
  const SlotTable* const table = set.database().keyspace().table_of(Key(set.key()).slot);
  REQUIRE(table->entry_bytes == memory_of(entry));
}

std::string draw(std::mt19937_64& random, bool numbers) {
  if (numbers) return std::to_string(static_cast<int64_t>(random() % 2000) - 1000);
  switch (random() % 4) {
    case 0:
      return std::string(60 + random() % 8, static_cast<char>('a' + random() % 4));
    case 1:
      return std::to_string(random() % 1000);
    default:
      return "member" + std::to_string(random() % 500);
  }
}

}  // namespace

TEST_CASE("a set does what a model does, in every form") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    OneSet set;
    set.settings.set_intset_entries = seed % 4 == 0 ? 0 : 500;
    const uint64_t most = seed % 3 == 0 ? 10 : seed % 3 == 1 ? 150 : 900;
    std::set<std::string> model;
    for (int step = 0; step < 8000; ++step) {
      const std::string member = draw(random, seed % 2 == 0 && step % 2000 < 1500);
      if (model.size() < most && random() % 5 < 3) {
        REQUIRE(set.add(member) == model.insert(member).second);
      } else {
        REQUIRE(set.remove(member) == (model.erase(member) == 1));
      }
      if (step % 200 == 0) check(set, model);
    }
    check(set, model);
    while (!model.empty()) {
      REQUIRE(set.remove(*model.begin()));
      model.erase(model.begin());
    }
    check(set, model);
  }
}

TEST_CASE("what a set is made of follows what it has held") {
  OneSet set;
  const auto encoding = [&] { return set.entry()->encoding(); };
  for (int i = 0; i < 512; ++i) set.add(std::to_string(i * 1000003));
  CHECK(encoding() == Encoding::kIntset);
  set.add("1");
  CHECK(encoding() == Encoding::kHashtable);
  for (int i = 0; i < 512; ++i) set.remove(std::to_string(i * 1000003));
  CHECK(encoding() == Encoding::kHashtable);
  set.remove("1");
  CHECK(set.entry() == nullptr);

  for (int i = 0; i < 127; ++i) set.add(std::to_string(i));
  set.add("x");
  CHECK(encoding() == Encoding::kListpack);
  set.add("x");
  CHECK(encoding() == Encoding::kListpack);
  set.add("y");
  CHECK(encoding() == Encoding::kHashtable);
  CHECK(SetView(set.entry()).size() == 129);

  set.put(Entry::make("key", Type::kString, Encoding::kRaw, 0, Entry::kNoExpiry));
  set.database().remove(Key("key"));
  set.add(std::string(64, 'x'));
  CHECK(encoding() == Encoding::kListpack);
  set.add(std::string(65, 'x'));
  CHECK(encoding() == Encoding::kHashtable);
}

TEST_CASE("every member of a set is picked as often as every other") {
  std::mt19937_64 random(1);
  const auto chance = [&] { return random(); };
  for (const bool numbers : {true, false}) {
    for (const int size : {1, 5, 100, 600}) {
      OneSet set;
      for (int i = 0; i < size; ++i) set.add((numbers ? "" : "m") + std::to_string(i));
      std::map<std::string, int> picked;
      MemberText text;
      for (int i = 0; i < size * 100; ++i) {
        ++picked[std::string(SetView(set.entry()).pick(chance, text))];
      }
      REQUIRE(picked.size() == static_cast<size_t>(size));
      for (const auto& [member, times] : picked) {
        CHECK(times >= 40);
        CHECK(times <= 170);
      }
    }
  }
}

TEST_CASE("a built set has the form that its members had to have together") {
  const Settings settings;
  OneSet set;
  const auto finish = [&](SetBuilder& builder) {
    set.put(builder.finish("key", settings));
    return set.entry()->encoding();
  };
  {
    SetBuilder builder;
    for (int i = 600; i > 100; --i) CHECK(builder.add(std::to_string(i)));
    CHECK_FALSE(builder.add("600"));
    CHECK(finish(builder) == Encoding::kIntset);
    CHECK(SetView(set.entry()).contains("101"));
    CHECK(SetView(set.entry()).size() == 500);
  }
  {
    SetBuilder builder;
    builder.add("1");
    builder.add("x");
    builder.remove("x");
    CHECK(finish(builder) == Encoding::kListpack);
  }
  {
    SetBuilder builder;
    for (int i = 0; i < 200; ++i) builder.add("m" + std::to_string(i));
    CHECK(finish(builder) == Encoding::kHashtable);
    CHECK(SetView(set.entry()).size() == 200);
  }
  {
    SetBuilder builder;
    builder.add(std::string(65, 'x'));
    CHECK(finish(builder) == Encoding::kHashtable);
  }
}

}  // namespace slotway::backend
