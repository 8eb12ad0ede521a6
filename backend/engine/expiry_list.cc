#include "backend/engine/expiry_list.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "backend/engine/allocation.h"

namespace slotway::backend {

namespace {

constexpr int64_t kFirstMs = 1577836800000;  // 2020-01-01
constexpr int64_t kTickMs = 256;

}  // namespace

Tick tick_of(int64_t wall_ms) {
  if (wall_ms <= kFirstMs) return 0;
  return static_cast<Tick>(std::min<int64_t>((wall_ms - kFirstMs) / kTickMs, kNever - 1));
}

int64_t wall_ms_of(Tick tick) { return kFirstMs + tick * kTickMs + kTickMs / 2; }

ExpiryList::~ExpiryList() {
  for (Page* page : pages_) std::free(page);
}

size_t ExpiryList::page_of(Deadline deadline) const {
  const auto behind =
      std::upper_bound(pages_.begin() + 1, pages_.end(), deadline,
                       [](const Deadline& a, Page* page) { return a < page->items()[0]; });
  return static_cast<size_t>(behind - pages_.begin()) - 1;
}

bool ExpiryList::resize(Page*& page, uint32_t count) {
  const size_t bytes = allocation_size(sizeof(Page) + count * sizeof(Deadline));
  const size_t before = page ? page->memory() : 0;
  auto* const result = static_cast<Page*>(try_reallocate(page, before, bytes));
  if (!result) return false;
  if (!page) result->count = 0;
  result->capacity = static_cast<uint32_t>((bytes - sizeof(Page)) / sizeof(Deadline));
  page_bytes_ += result->memory() - before;
  page = result;
  return true;
}

void ExpiryList::shrink(Page*& page) {
  if (page->capacity > page->count + page->count / 4 + 4) resize(page, page->count + 1);
}

ExpiryList::Page* ExpiryList::insert_page(size_t at, uint32_t room) {
  // Before the page, so that nothing can fail once there is one.
  if (pages_.size() == pages_.capacity()) pages_.reserve(std::max<size_t>(2 * pages_.size(), 1));
  Page* page = nullptr;
  if (!resize(page, room)) throw std::bad_alloc();
  return *pages_.insert(pages_.begin() + static_cast<ptrdiff_t>(at), page);
}

void ExpiryList::add(Deadline deadline) {
  if (pages_.empty()) insert_page(0, 1);
  size_t index = page_of(deadline);
  if (pages_[index]->count == kMostInPage) {
    split(index);
    index = page_of(deadline);
  }
  Page*& page = pages_[index];
  if (page->count == page->capacity && !resize(page, page->count + 1)) throw std::bad_alloc();
  Deadline* const at = std::lower_bound(page->items(), page->end(), deadline);
  std::memmove(static_cast<void*>(at + 1), at, (page->end() - at) * sizeof *at);
  *at = deadline;
  ++page->count;
  ++size_;
  tick_sum_ += deadline.tick();
}

void ExpiryList::remove(Deadline deadline) {
  const size_t index = page_of(deadline);
  Page*& page = pages_[index];
  Deadline* const at = std::lower_bound(page->items(), page->end(), deadline);
  --page->count;
  --size_;
  tick_sum_ -= deadline.tick();
  if (page->count == 0) return drop(index);
  std::memmove(static_cast<void*>(at), at + 1, (page->end() - at) * sizeof *at);
  shrink(page);
  if (page->count < kMostInPage / 4) {
    if (index > 0) join(index - 1);
    if (index + 1 < pages_.size()) join(index);
  }
}

bool ExpiryList::move(Deadline from, Deadline to) {
  const size_t index = page_of(from);
  if (page_of(to) == index) {
    Page* const page = pages_[index];
    Deadline* const at = std::lower_bound(page->items(), page->end(), from);
    Deadline* place = std::lower_bound(page->items(), page->end(), to);
    if (place > at) {
      --place;
      std::memmove(static_cast<void*>(at), at + 1, (place - at) * sizeof *at);
    } else {
      std::memmove(static_cast<void*>(place + 1), place, (at - place) * sizeof *at);
    }
    *place = to;
    return true;
  }
  try {
    add(to);
  } catch (const std::bad_alloc&) {
    return false;
  }
  remove(from);
  return true;
}

bool ExpiryList::dismantle() {
  constexpr size_t kPagesAtOnce = 32;
  if (pages_.empty()) return false;
  for (size_t i = 0; i < kPagesAtOnce && !pages_.empty(); ++i) drop(pages_.size() - 1);
  return true;
}

// What is added in the order of its expiry fills pages.
void ExpiryList::split(size_t at) {
  Page* const page = pages_[at];
  const uint32_t stays = at + 1 == pages_.size() ? page->count - 1 : page->count / 2;
  const uint32_t goes = page->count - stays;
  Page* const fresh = insert_page(at + 1, goes + 1);
  std::memcpy(static_cast<void*>(fresh->items()), page->items() + stays, goes * sizeof(Deadline));
  fresh->count = goes;
  page->count = stays;
  shrink(pages_[at]);
}

void ExpiryList::join(size_t at) {
  const uint32_t count = pages_[at]->count + pages_[at + 1]->count;
  if (count > kMostInPage / 2) return;
  if (!resize(pages_[at], count)) return;
  Page* const joined = pages_[at];
  Page* const behind = pages_[at + 1];
  std::memcpy(static_cast<void*>(joined->end()), behind->items(), behind->count * sizeof(Deadline));
  joined->count = count;
  drop(at + 1);
}

void ExpiryList::drop(size_t at) {
  page_bytes_ -= pages_[at]->memory();
  std::free(pages_[at]);
  pages_.erase(pages_.begin() + static_cast<ptrdiff_t>(at));
}

}  // namespace slotway::backend
