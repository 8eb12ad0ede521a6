// What the tests of the engine share: a clock that stands still, and short ways to make keys.
#pragma once

#include <string>

#include "backend/engine/clock.h"
#include "backend/engine/database.h"
#include "backend/engine/engine.h"
#include "backend/engine/value_operations.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

class ManualClock final : public Clock {
 public:
  int64_t wall_ms() const override { return wall; }
  // Every look costs `step`, so that budgets run out.
  int64_t steady_us() const override { return steady += step; }

  int64_t wall = 1'700'000'000'000;
  mutable int64_t steady = 0;
  int64_t step = 0;
};

// A key that owns its bytes.
struct OwnedKey {
  std::string text;
  Key key;
  explicit OwnedKey(std::string bytes) : text(std::move(bytes)), key(text) {}
  OwnedKey(const OwnedKey& other) : OwnedKey(other.text) {}
  OwnedKey& operator=(const OwnedKey&) = delete;
};

inline Entry* plain_entry(std::string_view key, int64_t expiry_ms = Entry::kNoExpiry) {
  return make_integer(key, 0, expiry_ms);
}

// A key of this number whose slot is always the same.
inline OwnedKey same_slot(uint64_t number) { return OwnedKey("{tag}" + std::to_string(number)); }

// Lets all that waits be given back.
inline void settle(Reclaimer& reclaimer) {
  reclaimer.work([] { return false; });
}

// Bytes of a slot, by looking at each entry.
inline uint64_t counted_bytes(const Keyspace& keyspace, wire::Slot slot) {
  uint64_t bytes = keyspace.table_of(slot)->table_bytes();
  ExpiryList expiries;
  keyspace.for_each(slot, [&](const Entry* entry) {
    bytes += memory_of(entry);
    if (entry->has_expiry()) expiries.add(Deadline(entry));
  });
  return bytes + (expiries.size() > 0 ? expiries.memory() : 0);
}

inline std::string text_of(const Entry* entry) {
  NumberText text;
  return std::string(string_bytes(entry, text));
}

}  // namespace slotway::backend
