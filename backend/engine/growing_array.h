// GrowingArray: an array that never copies more than one page at a time, however long it gets, and
// wastes next to nothing while it is short.
//
// Up to kPage elements it is one allocation, for two elements and then enlarged by four at a time;
// beyond, a directory of pages. For plain values only. 16 bytes; one thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

#include "backend/engine/allocation.h"
#include "backend/engine/relocation.h"

namespace slotway::backend {

template <typename T>
class GrowingArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  static constexpr uint32_t kPage = 256;  // elements

  GrowingArray() = default;
  GrowingArray(const GrowingArray&) = delete;
  GrowingArray& operator=(const GrowingArray&) = delete;
  ~GrowingArray() {
    while (size_ > 0) pop_back();
  }

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  T& operator[](uint32_t i) {
    return size_ <= kPage ? static_cast<T*>(root_)[i]
                          : static_cast<T**>(root_)[i / kPage][i % kPage];
  }
  const T& operator[](uint32_t i) const { return const_cast<GrowingArray&>(*this)[i]; }

  void push_back(T value) {
    if (size_ < kPage) {
      const uint32_t needed = capacity_for(size_ + 1);
      const uint32_t room = capacity_for(size_);
      if (needed != room) root_ = reallocate(root_, room * sizeof(T), needed * sizeof(T));
    } else if (size_ % kPage == 0) {
      add_page();
    }
    ++size_;
    (*this)[size_ - 1] = value;
  }

  // Requires !empty().
  void pop_back() {
    --size_;
    if (size_ < kPage) {
      const uint32_t needed = capacity_for(size_);
      if (size_ == 0) {
        std::free(root_);
        root_ = nullptr;
      } else if (needed != capacity_for(size_ + 1)) {
        root_ = reallocate(root_, capacity_for(size_ + 1) * sizeof(T), needed * sizeof(T));
      }
    } else if (size_ % kPage == 0) {
      remove_page();
    }
  }

  // Bytes allocated.
  size_t memory() const {
    if (size_ <= kPage) return capacity_for(size_) * sizeof(T);
    const size_t pages = (size_ + kPage - 1) / kPage;
    return pages * kPage * sizeof(T) + pages * sizeof(T*);
  }

  const void* root() const { return root_; }

  // Moves the allocations that begin with element `i`. Requires i < size().
  void relocate(uint32_t i, Relocation& relocation) {
    if (size_ <= kPage) {
      if (i == 0) relocation.move(root_, capacity_for(size_) * sizeof(T));
      return;
    }
    if (i % kPage != 0) return;
    const size_t pages = (size_ + kPage - 1) / kPage;
    if (i == 0) relocation.move(root_, std::bit_ceil(pages) * sizeof(T*));
    relocation.move(static_cast<T**>(root_)[i / kPage], kPage * sizeof(T));
  }

 private:
  // Most arrays of the leaves of a slot's table have one or two elements.
  static uint32_t capacity_for(uint32_t size) {
    constexpr uint32_t kStep = 4;
    if (size <= kStep / 2) return size == 0 ? 0 : kStep / 2;
    return (size + kStep - 1) / kStep * kStep;
  }

  // Directories double, so that they are copied rarely.
  static bool is_power_of_two(uint32_t n) { return (n & (n - 1)) == 0; }

  // size_ is a multiple of kPage, not 0.
  void add_page() {
    const uint32_t pages = size_ / kPage;
    if (pages == 1) {
      auto** const directory = static_cast<T**>(allocate(2 * sizeof(T*)));
      directory[0] = static_cast<T*>(root_);
      root_ = directory;
    } else if (is_power_of_two(pages)) {
      root_ = reallocate(root_, pages * sizeof(T*), 2 * pages * sizeof(T*));
    }
    static_cast<T**>(root_)[pages] = static_cast<T*>(allocate(kPage * sizeof(T)));
  }

  // size_ is a multiple of kPage, not 0, and the page behind it is unused now.
  void remove_page() {
    const uint32_t pages = size_ / kPage;
    auto** const directory = static_cast<T**>(root_);
    std::free(directory[pages]);
    if (pages == 1) {
      root_ = directory[0];
      std::free(directory);
    } else if (is_power_of_two(pages)) {
      root_ = reallocate(root_, 2 * pages * sizeof(T*), pages * sizeof(T*));
    }
  }

  void* root_ = nullptr;  // T*, or T** beyond one page
  uint32_t size_ = 0;
};

}  // namespace slotway::backend
