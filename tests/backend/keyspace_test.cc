#include "backend/engine/keyspace.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

struct FilledKeyspace {
  Keyspace keyspace;
  ~FilledKeyspace() { Reclaimer::dispose(keyspace.take_contents()); }
  void add(const OwnedKey& owned, int64_t expiry_ms = Entry::kNoExpiry) {
    keyspace.insert(owned.key, plain_entry(owned.text, expiry_ms));
  }
};

}  // namespace

TEST_CASE("an empty keyspace answers everything") {
  Keyspace keyspace;
  CHECK(keyspace.size() == 0);
  CHECK(keyspace.size(5) == 0);
  CHECK(keyspace.size(0, 16383) == 0);
  CHECK(keyspace.expiring() == 0);
  CHECK(keyspace.find(OwnedKey("a").key) == nullptr);
  CHECK(keyspace.scan(0, [](Entry*) {}) == 0);
  CHECK(keyspace.earliest_expiry() == kNever);
}

TEST_CASE("slots are counted by themselves and in ranges") {
  FilledKeyspace filled;
  for (int i = 0; i < 1000; ++i) filled.add(OwnedKey("key:" + std::to_string(i)));
  for (uint64_t i = 0; i < 50; ++i) filled.add(same_slot(i));
  const wire::Slot slot = same_slot(0).key.slot;
  CHECK(filled.keyspace.size() == 1050);
  CHECK(filled.keyspace.size(slot) >= 50);
  CHECK(filled.keyspace.size(slot, slot) == filled.keyspace.size(slot));
  uint64_t sum = 0;
  for (int i = 0; i < 16384; ++i) sum += filled.keyspace.size(static_cast<wire::Slot>(i));
  CHECK(sum == 1050);
  CHECK(filled.keyspace.size(0, 16383) == 1050);
  CHECK(filled.keyspace.size(0, slot) + filled.keyspace.size(slot, 16383) ==
        1050 + filled.keyspace.size(slot));
}

TEST_CASE("expiries follow entries that are exchanged, changed and taken out") {
  FilledKeyspace filled;
  Keyspace& keyspace = filled.keyspace;
  const OwnedKey owned("a");
  filled.add(owned);
  CHECK(keyspace.expiring() == 0);
  keyspace.set_expiry(owned.key, *keyspace.find(owned.key), 1'800'000'000'000);
  CHECK(keyspace.expiring() == 1);
  CHECK(keyspace.find(owned.key)->entry()->expiry_ms() == 1'800'000'000'000);
  CHECK(keyspace.next_expiring().entry == keyspace.find(owned.key)->entry());
  keyspace.set_expiry(owned.key, *keyspace.find(owned.key), 1'900'000'000'000);
  CHECK(keyspace.earliest_expiry() == tick_of(1'900'000'000'000));
  // With another entry of the same key: with an expiry, without, with again.
  for (const int64_t expiry :
       {int64_t{1'700'000'000'000}, Entry::kNoExpiry, int64_t{1'750'000'000'000}}) {
    Entry::release(
        keyspace.exchange(owned.key, *keyspace.find(owned.key), plain_entry("a", expiry)));
    CHECK(keyspace.expiring() == (expiry == Entry::kNoExpiry ? 0 : 1));
    if (expiry != Entry::kNoExpiry) CHECK(keyspace.earliest_expiry() == tick_of(expiry));
  }
  keyspace.set_expiry(owned.key, *keyspace.find(owned.key), Entry::kNoExpiry);
  CHECK(keyspace.expiring() == 0);
  keyspace.set_expiry(owned.key, *keyspace.find(owned.key), 5);
  Entry::release(keyspace.detach(owned.key, *keyspace.find(owned.key)));
  CHECK(keyspace.expiring() == 0);
  CHECK(keyspace.size() == 0);
}

TEST_CASE("keys are counted by the types of their values") {
  FilledKeyspace filled;
  Keyspace& keyspace = filled.keyspace;
  const auto sizes = [&] {
    std::vector<uint64_t> all;
    for (const Type type : {Type::kString, Type::kList, Type::kHash}) {
      all.push_back(keyspace.size(type));
    }
    return all;
  };
  const auto entry = [](const OwnedKey& owned, Type type) {
    return Entry::make(owned.text, type, Encoding::kListpack, 8, Entry::kNoExpiry);
  };
  CHECK(sizes() == std::vector<uint64_t>{0, 0, 0});
  for (uint64_t i = 0; i < 6; ++i) {
    const OwnedKey owned = same_slot(i);
    keyspace.insert(owned.key, entry(owned, i < 2 ? Type::kList : Type::kHash));
  }
  const OwnedKey other("other");
  keyspace.insert(other.key, entry(other, Type::kHash));
  filled.add(OwnedKey("text"));
  CHECK(sizes() == std::vector<uint64_t>{1, 2, 5});
  // A string in place of a list, and the other way round.
  const OwnedKey first = same_slot(0);
  Entry::release(keyspace.exchange(first.key, *keyspace.find(first.key), plain_entry(first.text)));
  CHECK(sizes() == std::vector<uint64_t>{2, 1, 5});
  Entry::release(
      keyspace.exchange(first.key, *keyspace.find(first.key), entry(first, Type::kHash)));
  CHECK(sizes() == std::vector<uint64_t>{1, 1, 6});
  const OwnedKey last = same_slot(5);
  Entry::release(keyspace.detach(last.key, *keyspace.find(last.key)));
  CHECK(sizes() == std::vector<uint64_t>{1, 1, 5});
  Keyspace::SlotContents taken = keyspace.take_slot(first.key.slot);
  taken.table->for_each([](Entry* each) { Entry::release(each); });
  CHECK(sizes() == std::vector<uint64_t>{1, 0, 1});
}

TEST_CASE("pick reaches the keys of all slots evenly") {
  FilledKeyspace filled;
  for (uint64_t i = 0; i < 90; ++i) filled.add(same_slot(i));  // one slot with many keys
  for (int i = 0; i < 10; ++i) filled.add(OwnedKey("lone:" + std::to_string(i)));
  std::mt19937_64 random(17);
  int lone = 0;
  constexpr int kRounds = 20000;
  for (int i = 0; i < kRounds; ++i) {
    lone += filled.keyspace.pick(random)->key().starts_with("lone:");
  }
  // A tenth of the keys: 2000 expected, standard deviation 42.
  CHECK(lone > 1750);
  CHECK(lone < 2250);
}

TEST_CASE("swapping exchanges everything") {
  FilledKeyspace first;
  FilledKeyspace second;
  first.add(OwnedKey("a"), 1'800'000'000'000);
  second.add(OwnedKey("b"));
  second.add(OwnedKey("c"));
  first.keyspace.swap(second.keyspace);
  CHECK(first.keyspace.size() == 2);
  CHECK(first.keyspace.expiring() == 0);
  CHECK(second.keyspace.size() == 1);
  CHECK(second.keyspace.expiring() == 1);
}

}  // namespace slotway::backend
