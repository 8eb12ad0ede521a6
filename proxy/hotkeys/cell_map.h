// CellMap: what one worker holds of each key that has a version, by the index of its cell.
//
// In chunks that are made when first used: most workers hold little.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "proxy/hotkeys/key_versions.h"
#include "wire/prefetch.h"

namespace slotway::proxy {

// One thread. A T is empty() as it is made.
template <typename T>
class CellMap {
 public:
  // Null if there is nothing.
  T* find(size_t index) const {
    Chunk* const chunk = chunks_[index / kChunk].get();
    if (!chunk) return nullptr;
    T& value = (*chunk)[index % kChunk];
    return value.empty() ? nullptr : &value;
  }
  // Empty if there is nothing.
  T& at(size_t index) {
    std::unique_ptr<Chunk>& chunk = chunks_[index / kChunk];
    if (!chunk) chunk = std::make_unique<Chunk>();
    return (*chunk)[index % kChunk];
  }
  void erase(size_t index) {
    if (T* const value = find(index)) *value = T();
  }
  // Of what is two cache lines long.
  void prefetch(size_t index) const {
    const Chunk* const chunk = chunks_[index / kChunk].get();
    if (!chunk) return;
    const auto* const lines = reinterpret_cast<const char*>(&(*chunk)[index % kChunk]);
    wire::prefetch(lines);
    wire::prefetch(lines + 64);
  }
  // Calls `visit(index, T&)` for each.
  template <typename Visit>
  void for_each(Visit visit) {
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (!chunks_[i]) continue;
      for (size_t j = 0; j < kChunk; ++j) {
        if (T& value = (*chunks_[i])[j]; !value.empty()) visit(i * kChunk + j, value);
      }
    }
  }

 private:
  static constexpr size_t kChunk = 128;
  using Chunk = std::array<T, kChunk>;

  std::array<std::unique_ptr<Chunk>, KeyVersions::kCells / kChunk> chunks_;
};

}  // namespace slotway::proxy
