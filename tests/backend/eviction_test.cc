#include "backend/engine/eviction.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

constexpr int64_t kSecondMs = 1000;

struct Filled {
  ManualClock clock;
  Engine engine{4, clock};
  Eviction eviction{engine};

  void add(const std::string& name, int64_t expiry_ms = Entry::kNoExpiry, uint32_t database = 0) {
    const OwnedKey owned(name);
    engine.database(database).put(owned.key, nullptr, plain_entry(owned.text, expiry_ms));
  }
  void pass(int64_t ms) {
    clock.wall += ms;
    engine.read_clock();
  }
  bool has(const std::string& name, uint32_t database = 0) {
    return engine.database(database).keyspace().find(OwnedKey(name).key) != nullptr;
  }
  uint64_t evict(EvictionPolicy policy, uint64_t count) {
    uint64_t evicted = 0;
    while (evicted < count && eviction.evict_one({.policy = policy})) ++evicted;
    return evicted;
  }
};

std::string name_of(int i) { return "key:" + std::to_string(i); }

}  // namespace

TEST_CASE("nothing is evicted where nothing may go") {
  Filled filled;
  CHECK(filled.evict(EvictionPolicy::kAllKeysLru, 1) == 0);
  filled.add("a");
  CHECK(filled.evict(EvictionPolicy::kNoEviction, 1) == 0);
  for (const EvictionPolicy policy :
       {EvictionPolicy::kVolatileLru, EvictionPolicy::kVolatileLfu, EvictionPolicy::kVolatileRandom,
        EvictionPolicy::kVolatileTtl}) {
    CHECK(filled.evict(policy, 1) == 0);
  }
  CHECK(filled.has("a"));
  CHECK(filled.engine.statistics().evicted == 0);
}

TEST_CASE("every policy evicts all that may go, from all databases, and then says so") {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kVolatileLru, EvictionPolicy::kVolatileLfu, EvictionPolicy::kVolatileRandom,
        EvictionPolicy::kVolatileTtl, EvictionPolicy::kAllKeysLru, EvictionPolicy::kAllKeysLfu,
        EvictionPolicy::kAllKeysRandom}) {
    CAPTURE(static_cast<int>(policy));
    Filled filled;
    filled.engine.access().count_frequency(is_lfu(policy), {});
    for (int i = 0; i < 300; ++i) {
      filled.add(name_of(i), Entry::kNoExpiry, static_cast<uint32_t>(i % 3));
      filled.add("expiring:" + std::to_string(i), filled.clock.wall + 100000 + i,
                 static_cast<uint32_t>(i % 4));
    }
    const uint64_t may_go = is_volatile(policy) ? 300 : 600;
    CHECK(filled.evict(policy, 10000) == may_go);
    CHECK(filled.engine.key_count() == 600 - may_go);
    CHECK(filled.engine.statistics().evicted == may_go);
    if (is_volatile(policy)) CHECK(filled.has(name_of(7), 7 % 3));
    CHECK(filled.evict(policy, 1) == 0);
  }
}

TEST_CASE("volatile-ttl evicts what expires soonest") {
  Filled filled;
  for (int i = 0; i < 100; ++i)
    filled.add(name_of(i), filled.clock.wall + (i + 1) * 10 * kSecondMs);
  CHECK(filled.evict(EvictionPolicy::kVolatileTtl, 30) == 30);
  for (int i = 0; i < 100; ++i) CHECK(filled.has(name_of(i)) == (i >= 30));
}

TEST_CASE("LRU evicts hardly anything but the oldest") {
  for (const bool expiring : {false, true}) {
    Filled filled;
    constexpr int kKeys = 20000;
    for (int i = 0; i < kKeys; ++i) {
      filled.add(name_of(i), expiring ? filled.clock.wall + (int64_t{1} << 38) : Entry::kNoExpiry);
      if (i % 10 == 0) filled.pass(kSecondMs);
    }
    const auto policy = expiring ? EvictionPolicy::kVolatileLru : EvictionPolicy::kAllKeysLru;
    CHECK(filled.evict(policy, kKeys / 4) == kKeys / 4);
    int of_old = 0;
    int of_new = 0;
    for (int i = 0; i < kKeys; ++i) {
      if (filled.has(name_of(i))) continue;
      if (i < kKeys / 4) ++of_old;
      if (i >= kKeys / 2) ++of_new;
    }
    CHECK(of_old > kKeys / 4 * 70 / 100);
    CHECK(of_new == 0);
  }
}

TEST_CASE("LFU evicts what was read least often") {
  Filled filled;
  filled.engine.access().count_frequency(true, {});
  constexpr int kKeys = 4000;
  for (int i = 0; i < kKeys; ++i) filled.add(name_of(i));
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < kKeys; i += 4) filled.engine.database(0).read(OwnedKey(name_of(i)).key);
  }
  CHECK(filled.evict(EvictionPolicy::kAllKeysLfu, kKeys / 2) == kKeys / 2);
  int of_read = 0;
  for (int i = 0; i < kKeys; i += 4) of_read += !filled.has(name_of(i));
  CHECK(of_read < kKeys / 4 / 50);
}

TEST_CASE("a frequency falls with time, and grows ever more slowly") {
  Filled filled;
  AccessClock& access = filled.engine.access();
  access.count_frequency(true, {.log_factor = 10, .decay_minutes = 1});
  filled.add("a");
  Entry* const entry = filled.engine.database(0).peek(OwnedKey("a").key);
  CHECK(access.frequency(entry) == 5);
  for (int i = 0; i < 1000; ++i) access.note(entry);
  const uint32_t after_thousand = access.frequency(entry);
  CHECK(after_thousand > 8);
  CHECK(after_thousand < 30);
  filled.pass(3 * 60 * kSecondMs);
  CHECK(access.frequency(entry) == after_thousand - 3);
  filled.pass(1000 * 60 * kSecondMs);
  CHECK(access.frequency(entry) == 0);
  access.count_frequency(true, {.log_factor = 0, .decay_minutes = 0});
  for (int i = 0; i < 300; ++i) access.note(entry);
  CHECK(access.frequency(entry) == 255);
}

TEST_CASE("candidates that have gone, or were used since, are not evicted for their past") {
  Filled filled;
  for (int i = 0; i < 200; ++i) filled.add(name_of(i));
  filled.pass(100 * kSecondMs);
  for (int i = 200; i < 220; ++i) filled.add(name_of(i));
  CHECK(filled.evict(EvictionPolicy::kAllKeysLru, 1) == 1);  // the pool is full of old ones
  for (int i = 0; i < 200; ++i) {
    if (!filled.has(name_of(i))) continue;
    if (i % 2 == 0) {
      filled.engine.database(0).remove(OwnedKey(name_of(i)).key);
    } else {
      filled.engine.database(0).read(OwnedKey(name_of(i)).key);
    }
  }
  filled.pass(kSecondMs);
  filled.add("new");
  const uint64_t left = filled.engine.key_count();
  CHECK(filled.evict(EvictionPolicy::kAllKeysLru, left) == left);
  CHECK(filled.engine.key_count() == 0);
}

}  // namespace slotway::backend
