#include "backend/engine/expiry_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

constexpr int64_t kStart = 1'700'000'000'000;

}  // namespace

TEST_CASE("entries come out in the order of their ticks, over all slots") {
  ExpiryIndex index;
  std::mt19937_64 random(3);
  std::multimap<Tick, wire::Slot> expected;
  for (int i = 0; i < 5000; ++i) {
    const auto slot = static_cast<wire::Slot>(i % 3 ? random() % 16384 : 42);
    Entry* const entry =
        plain_entry(std::to_string(i), kStart + static_cast<int64_t>(random() % 100'000'000));
    index.add(slot, entry);
    expected.emplace(tick_of(entry->expiry_ms()), slot);
  }
  REQUIRE(index.size() == 5000);
  Tick last = 0;
  for (const auto& [tick, slot] : expected) {
    REQUIRE(index.earliest() == tick);
    const ExpiryIndex::Next next = index.next();
    CHECK(tick_of(next.entry->expiry_ms()) == tick);
    CHECK(tick >= last);
    last = tick;
    index.remove(next.slot, next.entry);
    Entry::release(next.entry);
  }
  CHECK(index.size() == 0);
  CHECK(index.earliest() == kNever);
}

TEST_CASE("random additions, changes and removals keep the minimum right") {
  ExpiryIndex index;
  std::mt19937_64 random(5);
  std::vector<std::pair<wire::Slot, Entry*>> live;
  for (int i = 0; i < 20000; ++i) {
    const auto choice = random() % 10;
    const int64_t when = kStart + static_cast<int64_t>(random() % 1'000'000);
    if (live.empty() || choice < 5) {
      const auto slot = static_cast<wire::Slot>(random() % 20);
      Entry* const entry = plain_entry("k", when);
      index.add(slot, entry);
      live.emplace_back(slot, entry);
    } else {
      const size_t at = random() % live.size();
      auto& [slot, entry] = live[at];
      if (choice < 7) {
        Entry* const moved = entry->with_expiry(when);  // also to another address
        const Deadline before(entry);
        Entry::release(entry);
        entry = moved;
        index.replace(slot, before, moved);
      } else {
        index.remove(slot, entry);
        Entry::release(entry);
        live.erase(live.begin() + static_cast<ptrdiff_t>(at));
      }
    }
    REQUIRE(index.size() == live.size());
    if (i % 50 == 0 && !live.empty()) {
      const auto soonest = std::min_element(live.begin(), live.end(), [](auto& a, auto& b) {
        return a.second->expiry_ms() < b.second->expiry_ms();
      });
      REQUIRE(index.earliest() == tick_of(soonest->second->expiry_ms()));
      REQUIRE(tick_of(index.next().entry->expiry_ms()) == index.earliest());
      uint64_t sum = 0;
      for (const auto& each : live) sum += tick_of(each.second->expiry_ms());
      REQUIRE(index.mean() == sum / live.size());
    }
  }
  for (const auto& [slot, entry] : live) Entry::release(entry);
}

TEST_CASE("a list of deadlines stays in order over many pages, and its bytes are its pages'") {
  ExpiryList list;
  std::mt19937_64 random(11);
  std::set<std::pair<Tick, Entry*>> model;
  const auto any_deadline = [&] {
    // Few ticks, so that many are alike; addresses that no entry has.
    auto* const entry = reinterpret_cast<Entry*>(random() >> 16 & ~uint64_t{15});
    return std::pair(static_cast<Tick>(random() % 40 * 100'000'000), entry);
  };
  uint64_t sum = 0;
  size_t most = 0;
  for (const bool grows : {true, false, true, false}) {
    for (int i = 0; i < 20000; ++i) {
      if (random() % 10 < (grows ? 8u : 2u) || model.empty()) {
        const auto added = any_deadline();
        if (!model.insert(added).second) continue;
        list.add(Deadline(added.first, added.second));
        sum += added.first;
      } else {
        const auto first = random() % 3 ? model.lower_bound(any_deadline()) : model.begin();
        const auto removed = first == model.end() ? model.begin() : first;
        list.remove(Deadline(removed->first, removed->second));
        sum -= removed->first;
        model.erase(removed);
      }
      REQUIRE(list.size() == model.size());
      REQUIRE(list.tick_sum() == sum);
      REQUIRE(list.earliest() == (model.empty() ? kNever : model.begin()->first));
      if (!model.empty()) REQUIRE(list.front() == model.begin()->second);
    }
    most = std::max(most, model.size());
    // Half full on average, whatever was taken out: entries that were added at random and pages
    // that were joined.
    CHECK(list.memory() < 4096 + model.size() * sizeof(Deadline) * 3);
  }
  CHECK(most > 10'000);
  while (!model.empty()) {
    list.remove(Deadline(model.begin()->first, model.begin()->second));
    model.erase(model.begin());
    if (!model.empty()) REQUIRE(list.front() == model.begin()->second);
  }
  CHECK(list.earliest() == kNever);
}

TEST_CASE("deadlines that come in order fill their pages, and each is picked alike") {
  ExpiryList list;
  constexpr uint64_t kEntries = 1000;
  for (uint64_t i = 0; i < kEntries; ++i) {
    list.add(Deadline(static_cast<Tick>(i), reinterpret_cast<Entry*>((i + 1) * 16)));
  }
  CHECK(list.memory() < kEntries * sizeof(Deadline) * 5 / 4);
  std::map<Entry*, int> picked;
  std::mt19937_64 random(7);
  constexpr int kEach = 200;
  for (uint64_t i = 0; i < kEntries * kEach; ++i) ++picked[list.pick(random)];
  CHECK(picked.size() == kEntries);
  for (const auto& [entry, times] : picked) {
    CHECK(times > kEach / 2);
    CHECK(times < kEach * 2);
  }
}

TEST_CASE("a dropped slot is forgotten, the others stay") {
  ExpiryIndex index;
  Entry* const early = plain_entry("a", kStart);
  Entry* const late = plain_entry("b", kStart + 10'000);
  index.add(1, early);
  index.add(2, late);
  index.take(1);
  index.take(3);
  CHECK(index.size() == 1);
  CHECK(index.size(2) == 1);
  CHECK(index.earliest() == tick_of(late->expiry_ms()));
  CHECK(index.next().entry == late);
  CHECK(index.mean() == tick_of(late->expiry_ms()));
  Entry::release(early);
  Entry::release(late);
}

TEST_CASE("ticks keep the order and are bounded at both ends") {
  CHECK(tick_of(-1) == 0);
  CHECK(tick_of(0) == 0);
  CHECK(tick_of(kStart) < tick_of(kStart + 256));
  CHECK(tick_of(INT64_MAX) == kNever - 1);
  for (const int64_t when : {kStart, kStart + 100, kStart + 255}) {
    CHECK(tick_of(wall_ms_of(tick_of(when))) == tick_of(when));
    CHECK(std::abs(wall_ms_of(tick_of(when)) - when) <= 128);
  }
}

}  // namespace slotway::backend
