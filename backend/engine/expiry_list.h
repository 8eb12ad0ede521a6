// ExpiryList: the expiring entries of one slot, soonest first.
//
// A sorted array in pages, so that an entry is found by its deadline: entries need not know where
// they are here, and what is added or taken out moves a page's items at most. Deadlines are kept
// as ticks of 256 ms next to the entries' addresses, so that ordering touches no entry; within a
// tick the order is that of the addresses. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "backend/engine/entry.h"
#include "backend/engine/relocation.h"

namespace slotway::backend {

using Tick = uint32_t;
inline constexpr Tick kNever = UINT32_MAX;

// The tick that `wall_ms` lies in: 256 ms each from the year 2020 on, for 34 years.
Tick tick_of(int64_t wall_ms);
// The middle of a tick.
int64_t wall_ms_of(Tick tick);

// An entry and when it expires, in ten bytes: one number of 80 bits, the tick in front of the
// address. Ordered by that number.
class Deadline {
 public:
  Deadline(Tick tick, const Entry* entry) {
    const uint64_t low = reinterpret_cast<uintptr_t>(entry) | uint64_t{tick} << kAddressBits;
    const auto high = static_cast<uint16_t>(tick >> 16);
    std::memcpy(bytes_, &low, sizeof low);
    std::memcpy(bytes_ + sizeof low, &high, sizeof high);
  }
  // As the entry itself has it.
  explicit Deadline(const Entry* entry) : Deadline(tick_of(entry->expiry_ms()), entry) {}

  Tick tick() const { return load<Tick>(kAddressBits / 8); }
  Entry* entry() const {
    return reinterpret_cast<Entry*>(load<uint64_t>(0) & ((uint64_t{1} << kAddressBits) - 1));
  }
  friend bool operator<(const Deadline& a, const Deadline& b) {
    const auto high_a = a.load<uint64_t>(2);
    const auto high_b = b.load<uint64_t>(2);
    return high_a != high_b ? high_a < high_b : a.load<uint16_t>(0) < b.load<uint16_t>(0);
  }

 private:
  static constexpr unsigned kAddressBits = 48;  // as in leaf.h
  template <typename T>
  T load(size_t at) const {
    T value;
    std::memcpy(&value, bytes_ + at, sizeof value);
    return value;
  }
  char bytes_[10];
};

class ExpiryList {
 public:
  ExpiryList() = default;
  ~ExpiryList();
  ExpiryList(const ExpiryList&) = delete;
  ExpiryList& operator=(const ExpiryList&) = delete;

  uint64_t size() const { return size_; }
  Tick earliest() const { return pages_.empty() ? kNever : pages_[0]->items()[0].tick(); }
  // Requires size() > 0.
  Entry* front() const { return pages_[0]->items()[0].entry(); }
  // Any entry, each with the same probability. `random()` gives 64 random bits. Requires size() >
  // 0.
  template <typename Random>
  Entry* pick(Random&& random) const;

  // Requires that the entry is not in the list. Throws std::bad_alloc, and it is not there then.
  void add(Deadline deadline);
  // Requires that it was added. Throws nothing.
  void remove(Deadline deadline);
  // One that was added becomes another one of the same tick. False, and both are as they were, if
  // there is no memory for that.
  bool move(Deadline from, Deadline to);

  // Gives a part of the list back; false if nothing was left. From then on it is good for nothing
  // but more of this.
  bool dismantle();

  // Moves page number `index` of the list, if there are as many.
  void relocate_page(size_t index, Relocation& relocation) {
    if (index < pages_.size()) relocation.move(pages_[index], pages_[index]->memory());
  }

  // Of all entries' ticks.
  uint64_t tick_sum() const { return tick_sum_; }
  // Bytes allocated, this object included.
  size_t memory() const { return sizeof *this + page_bytes_ + pages_.capacity() * sizeof(Page*); }

 private:
  struct Page {
    uint32_t count;
    uint32_t capacity;
    Deadline* items() { return reinterpret_cast<Deadline*>(this + 1); }
    Deadline* end() { return items() + count; }
    size_t memory() const { return sizeof(Page) + capacity * sizeof(Deadline); }
  };
  static constexpr uint32_t kMostInPage = 127;  // fills a size class of the allocator

  // The page that has the deadline, or would have it. Requires that there are pages.
  size_t page_of(Deadline deadline) const;
  // Gives the page, which may be null, room for `count`; all of its items stay. False, and nothing
  // has changed, without memory for it.
  bool resize(Page*& page, uint32_t count);
  // Gives memory back if much is unused, and if there is memory for what is left.
  void shrink(Page*& page);
  // A page without items, which becomes number `at`. As add() without memory.
  Page* insert_page(size_t at, uint32_t room);
  void split(size_t at);
  // Joins the page with the one behind it if both are far from full, as far as there is memory.
  void join(size_t at);
  void drop(size_t at);

  std::vector<Page*> pages_;  // none is empty
  uint64_t size_ = 0;
  uint64_t tick_sum_ = 0;
  size_t page_bytes_ = 0;
};

template <typename Random>
Entry* ExpiryList::pick(Random&& random) const {
  if (pages_.size() == 1) return pages_[0]->items()[random() % size_].entry();
  // Throwing away what falls behind a page's end makes full and empty pages even.
  while (true) {
    Page* const page = pages_[random() % pages_.size()];
    const uint64_t at = random() % kMostInPage;
    if (at < page->count) return page->items()[at].entry();
  }
}

}  // namespace slotway::backend
