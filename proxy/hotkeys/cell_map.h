// CellMap: what one worker holds of each key that has a version, by the index of its cell.
//
// In chunks that are made when first used: most workers hold little.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "proxy/hotkeys/key_versions.h"

namespace slotway::proxy {

// One thread.
template <typename T>
class CellMap {
 public:
  // Null if there is nothing.
  T* find(size_t index) const {
    const Chunk* const chunk = chunks_[index / kChunk].get();
    return chunk ? (*chunk)[index % kChunk].get() : nullptr;
  }
  // Makes it if there is nothing.
  T& at(size_t index) {
    std::unique_ptr<Chunk>& chunk = chunks_[index / kChunk];
    if (!chunk) chunk = std::make_unique<Chunk>();
    std::unique_ptr<T>& value = (*chunk)[index % kChunk];
    if (!value) value = std::make_unique<T>();
    return *value;
  }
  void erase(size_t index) {
    if (Chunk* const chunk = chunks_[index / kChunk].get()) (*chunk)[index % kChunk].reset();
  }
  // Calls `visit(index, T&)` for each.
  template <typename Visit>
  void for_each(Visit visit) {
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (!chunks_[i]) continue;
      for (size_t j = 0; j < kChunk; ++j) {
        if (T* const value = (*chunks_[i])[j].get()) visit(i * kChunk + j, *value);
      }
    }
  }

 private:
  static constexpr size_t kChunk = 128;
  using Chunk = std::array<std::unique_ptr<T>, kChunk>;

  std::array<std::unique_ptr<Chunk>, KeyVersions::kCells / kChunk> chunks_;
};

}  // namespace slotway::proxy
