#include "backend/engine/defragmenter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "backend/digest.h"
#include "backend/engine/allocation.h"
#include "backend/types/hash_value.h"
#include "backend/types/list_value.h"
#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"
#include "tests/backend/engine_parts.h"
#include "tests/backend/failing_allocations.h"

namespace slotway::backend {

namespace {

using Random = std::mt19937_64;

bool always(const void*) { return true; }
bool never(const void*) { return false; }
bool now_and_then(const void* memory) {
  return hash_bytes({reinterpret_cast<const char*>(&memory), sizeof memory}) % 3 == 0;
}

// Two databases with keys of all types.
struct World {
  ManualClock clock;
  Engine engine{2, clock};
  Settings settings;
  NodeLimit limit = NodeLimit::of(-1, 0);

  Database& database(uint64_t number) { return engine.database(number % 2); }
  const Entry* entry(uint64_t number) {
    const Cell* const cell = database(number).find(key(number).key);
    return cell ? cell->entry() : nullptr;
  }
  // Some keys share a slot.
  static OwnedKey key(uint64_t number) {
    return number % 3 ? same_slot(number) : OwnedKey("key:" + std::to_string(number));
  }
};

std::string text(Random& random, size_t most) {
  return std::string(random() % most + 1, static_cast<char>('a' + random() % 26));
}
// Short as a rule, now and then too long for a bucket or a shared node.
std::string element(Random& random) {
  return std::to_string(random() % 3000) + ":" + text(random, random() % 40 ? 30 : 9000);
}

void change_string(World& world, uint64_t number, Random& random) {
  const OwnedKey owned = World::key(number);
  Database& database = world.database(number);
  const size_t most = random() % 8 ? 200 : random() % 8 ? 40'000 : 2 << 20;
  Entry* const fresh = make_string(world.engine.blocks(), owned.text, text(random, most),
                                   random() % 2 ? Entry::kNoExpiry : 1'800'000'000'000);
  database.put(owned.key, database.find(owned.key), fresh);
}

void change_list(World& world, uint64_t number, size_t count, Random& random) {
  const OwnedKey owned = World::key(number);
  Database& database = world.database(number);
  std::vector<std::string> texts(count);
  for (std::string& each : texts) each = element(random);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const ListEnd end = random() % 2 ? ListEnd::kHead : ListEnd::kTail;
  Cell* const cell = database.find(owned.key);
  if (!cell) {
    return database.put(owned.key, nullptr, make_list(owned.text, end, views, world.limit));
  }
  ListValue list(database, owned.key, *cell, world.limit);
  list.push(end, views);
  const uint64_t first = random() % list.size();
  const uint64_t taken = std::min(list.size() - first, random() % (count + 1));
  if (taken > 0 && taken < list.size()) list.erase(first, taken);
}

void change_hash(World& world, uint64_t number, size_t count, Random& random) {
  const OwnedKey owned = World::key(number);
  Database& database = world.database(number);
  for (size_t i = 0; i < count; ++i) {
    HashEditor hash(database, owned.key, database.find(owned.key), world.settings);
    const std::string field = std::to_string(random() % 3000);
    if (random() % 3 || !world.entry(number)) {
      hash.set(field, element(random));
    } else {
      hash.remove(field);
      hash.remove_if_empty();
    }
  }
}

void change_set(World& world, uint64_t number, size_t count, Random& random) {
  const OwnedKey owned = World::key(number);
  Database& database = world.database(number);
  const bool numbers = number % 2;
  for (size_t i = 0; i < count; ++i) {
    SetEditor set(database, owned.key, database.find(owned.key), world.settings);
    const std::string member = numbers ? std::to_string(random() % 5000) : element(random);
    if (random() % 3 || !world.entry(number)) {
      set.add(member);
    } else {
      set.remove(member);
      set.remove_if_empty();
    }
  }
}

void change_sorted_set(World& world, uint64_t number, size_t count, Random& random) {
  const OwnedKey owned = World::key(number);
  Database& database = world.database(number);
  for (size_t i = 0; i < count; ++i) {
    SortedSetChange set(database, owned.key, database.find(owned.key), {30, 64});
    if (random() % 4 || set.is_empty()) {
      set.add(static_cast<double>(random() % 100), element(random));
    } else {
      set.erase_ranks(random() % SortedSet(set.cell()->entry()).size(), 1);
      if (set.is_empty()) database.remove(owned.key);
    }
  }
}

constexpr uint64_t kKeys = 60;

// The same for the same seed and contents.
void change(World& world, uint64_t seed, size_t most) {
  Random random(seed);
  const uint64_t number = random() % kKeys;
  const size_t count = random() % most + 1;
  if (random() % 40 == 0) {
    world.database(number).remove(World::key(number).key);
    return;
  }
  switch (number / 2 % 5) {
    case 0:
      return change_string(world, number, random);
    case 1:
      return change_list(world, number, count, random);
    case 2:
      return change_hash(world, number, count, random);
    case 3:
      return change_set(world, number, count, random);
    default:
      return change_sorted_set(world, number, count, random);
  }
}

void check_equal(World& moved, World& plain) {
  for (uint32_t i = 0; i < 2; ++i) {
    const Keyspace& keyspace = moved.engine.database(i).keyspace();
    REQUIRE(keyspace.size() == plain.engine.database(i).keyspace().size());
    REQUIRE(keyspace.expiring() == plain.engine.database(i).keyspace().expiring());
  }
  for (uint64_t number = 0; number < kKeys; ++number) {
    const Entry* const entry = moved.entry(number);
    const Entry* const other = plain.entry(number);
    REQUIRE((entry == nullptr) == (other == nullptr));
    if (!entry) continue;
    REQUIRE(digest_of_value(entry) == digest_of_value(other));
    REQUIRE(entry->expiry_ms() == other->expiry_ms());
    if (entry->encoding() == Encoding::kSkiplist) {
      REQUIRE(SortedSet(entry).large()->tree().is_sound());
    }
    const wire::Slot slot = World::key(number).key.slot;
    const SlotTable& table = *moved.database(number).keyspace().table_of(slot);
    uint64_t bytes = 0;
    table.for_each([&](const Entry* each) { bytes += memory_of(each); });
    REQUIRE(table.entry_bytes == bytes);
  }
}

// `scarcity` is of FailingAllocations, for the pass; 0: there is memory.
void check_pass(Relocation::Rule rule, uint64_t seed, uint32_t scarcity = 0) {
  Random random(seed);
  World moved;
  World plain;
  Defragmenter pass(moved.engine, rule);
  const auto change_both = [&](size_t most) {
    const uint64_t what = random();
    change(moved, what, most);
    change(plain, what, most);
  };
  uint64_t passes = 0;
  uint64_t failed = 0;
  for (int step = 0; step < 3000; ++step) {
    change_both(step % 100 ? 20 : 3000);
    if (!pass.is_running()) {
      pass.start();
      ++passes;
    }
    uint64_t steps = random() % 30;
    {
      const FailingAllocations scarce(scarcity);
      pass.work([&] { return steps-- == 0; });
      failed += scarce.failed();
    }
    settle(moved.engine.reclaimer());
    if (step % 1000 == 0) check_equal(moved, plain);
  }
  CHECK(passes > 5);
  CHECK((failed > 1000) == (scarcity > 0));
  check_equal(moved, plain);
  // Everything is found by its expiry too.
  const Tick late = tick_of(1'900'000'000'000);
  const auto never_enough = [] { return false; };
  for (uint32_t i = 0; i < 2; ++i) {
    CHECK(moved.engine.database(i).expire_before(late, never_enough) ==
          plain.engine.database(i).expire_before(late, never_enough));
  }
  check_equal(moved, plain);
}

}  // namespace

TEST_CASE("what moves while it changes stays what it is") {
  check_pass(&always, 1);
  check_pass(&now_and_then, 2);
}

TEST_CASE("without memory for it, what would move stays, and all is as it was") {
  check_pass(&always, 3, 1);
  check_pass(&always, 4, 3);
  check_pass(&always, 5, 50);
}

TEST_CASE("entries of one tick keep their order wherever they move, with memory or without") {
  // More than a page of them, so that some move from page to page.
  World world;
  Database& database = world.engine.database(0);
  constexpr uint64_t kCount = 3000;
  constexpr int64_t kExpiry = 1'800'000'000'000;
  for (uint64_t i = 0; i < kCount; ++i) {
    const OwnedKey owned = same_slot(i);
    database.put(owned.key, nullptr, plain_entry(owned.text, kExpiry));
  }
  const wire::Slot slot = same_slot(0).key.slot;
  Defragmenter pass(world.engine, &always);
  for (int i = 0; i < 20; ++i) {
    const FailingAllocations scarce(i % 2 ? 4 : 0);
    pass.start();
    pass.work([] { return false; });
  }
  CHECK(pass.keys_moved() > kCount);
  CHECK(database.keyspace().expiring() == kCount);
  CHECK(database.keyspace().bytes(slot) >= database.keyspace().table_of(slot)->bytes());
  CHECK(database.expire_before(tick_of(kExpiry) + 1, [] { return false; }) == kCount);
  CHECK(database.size() == 0);
  CHECK(database.keyspace().bytes() == 0);
}

TEST_CASE("a step moves few bytes, however long the elements are, and the pass all of them") {
  constexpr size_t kLong = 100'000;
  constexpr size_t kCount = 100;  // more than the leaf of a sorted set has
  const auto long_text = [](size_t i) { return std::to_string(i) + std::string(kLong, 'x'); };
  World world;
  Database& database = world.engine.database(0);
  const OwnedKey zset("zset");
  const OwnedKey hash("hash");
  const OwnedKey set("set");
  const OwnedKey list("list");
  for (size_t i = 0; i < kCount; ++i) {
    const std::string text = long_text(i);
    SortedSetChange(database, zset.key, database.find(zset.key), {30, 64}).add(1, text);
    HashEditor(database, hash.key, database.find(hash.key), world.settings)
        .set(std::to_string(i), text);
    SetEditor(database, set.key, database.find(set.key), world.settings).add(text);
    if (i == 0) {
      const std::string_view view = text;
      database.put(list.key, nullptr,
                   make_list(list.text, ListEnd::kTail, {&view, 1}, world.limit));
    } else {
      const std::string_view view = text;
      ListValue(database, list.key, *database.find(list.key), world.limit)
          .push(ListEnd::kTail, {&view, 1});
    }
    // Long keys of one leaf, and long strings.
    const OwnedKey key("{leaf}" + text);
    database.put(key.key, nullptr, plain_entry(key.text));
    const OwnedKey name("{leaf}" + std::to_string(i));
    database.put(name.key, nullptr,
                 make_string(world.engine.blocks(), name.text, text, Entry::kNoExpiry));
  }
  const auto digests = [&] {
    std::vector<std::string> all;
    for (const OwnedKey* key : {&zset, &hash, &set, &list}) {
      all.push_back(digest_of_value(database.find(key->key)->entry()));
    }
    return all;
  };
  const auto before = digests();
  Defragmenter pass(world.engine, &always);
  pass.start();
  size_t most = 0;
  pass.work([&] {
    most = std::max(most, pass.relocation().step_bytes());
    return false;
  });
  // The last one of a step may be as long as they come.
  CHECK(most >= kLong);
  CHECK(most <= Relocation::kBytesInAStep + allocation_size(kLong + 100));
  CHECK(pass.relocation().moved() > 6 * kCount);
  CHECK(pass.relocation().stayed() == 0);
  CHECK(pass.keys_moved() == world.engine.key_count());
  CHECK(digests() == before);
  CHECK(SortedSet(database.find(zset.key)->entry()).large()->tree().is_sound());
}

TEST_CASE("a pass moves all that is to move, and only that") {
  World world;
  for (uint64_t step = 0; step < 2000; ++step) change(world, step, step % 100 ? 20 : 3000);
  settle(world.engine.reclaimer());
  Defragmenter pass(world.engine, &always);
  pass.start();
  pass.work([] { return false; });
  CHECK_FALSE(pass.is_running());
  CHECK(pass.keys_moved() == world.engine.key_count());
  CHECK(pass.keys_stayed() == 0);
  CHECK(pass.relocation().moved() > 10 * world.engine.key_count());
  CHECK(pass.relocation().stayed() == 0);

  Defragmenter idle(world.engine, &never);
  idle.start();
  idle.work([] { return false; });
  CHECK(idle.relocation().moved() == 0);
  CHECK(idle.keys_stayed() == world.engine.key_count());
}

TEST_CASE("a string that a reply still refers to stays where it is") {
  World world;
  const OwnedKey owned("k");
  Database& database = world.engine.database(0);
  database.put(
      owned.key, nullptr,
      make_string(world.engine.blocks(), owned.text, std::string(50'000, 'x'), Entry::kNoExpiry));
  wire::OutputBuffer out(world.engine.blocks());
  wire::ReplyWriter reply(out);
  write_string(database.find(owned.key)->entry(), reply);
  Defragmenter pass(world.engine, &always);
  const auto object = [&] { return database.find(owned.key)->entry()->reference().object; };
  const void* const before = object();
  pass.start();
  pass.work([] { return false; });
  CHECK(object() == before);
  out.clear();
  pass.start();
  pass.work([] { return false; });
  CHECK(object() != before);
  CHECK(text_of(database.find(owned.key)->entry()) == std::string(50'000, 'x'));
}

TEST_CASE("a pass may be stopped, and values and databases may go in the middle of it") {
  World world;
  for (uint64_t step = 0; step < 1000; ++step) change(world, step, 1000);
  Defragmenter pass(world.engine, &always);
  for (uint64_t most = 0; most < 200; ++most) {
    pass.start();
    uint64_t steps = most;
    pass.work([&] { return steps-- == 0; });
    if (most % 3 == 0) pass.stop();
    if (most % 3 == 1) world.engine.database(0).swap(world.engine.database(1));
    if (most % 50 == 49) world.engine.database(most / 50 % 2).clear(/*lazily=*/true);
    pass.work([&] { return most % 2 == 0; });
    for (uint64_t i = 0; i < 5; ++i) change(world, most * 5 + i, 1000);
    settle(world.engine.reclaimer());
  }
  pass.start();
  pass.work([] { return false; });
  CHECK(pass.keys_moved() >= world.engine.key_count());
}

}  // namespace slotway::backend
