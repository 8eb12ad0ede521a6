#include "proxy/hotkeys/names.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace slotway::proxy::hotkeys {

Names::Names() : names_{}, text_{} { clear(); }

void Names::clear() {
  size_ = 0;
  std::iota(order_.begin(), order_.end(), uint16_t{0});
  index_.fill(kNone);
  std::iota(next_.begin(), next_.end(), uint16_t{1});
  next_.back() = kNone;
  first_free_ = 0;
  free_blocks_ = kBlocks;
}

void Names::reorder() {
  std::make_heap(order_.begin(), order_.begin() + size_,
                 [this](uint16_t a, uint16_t b) { return names_[a].heat > names_[b].heat; });
}

Name* Names::insert(std::string_view key, uint64_t hash, float heat) {
  const std::string_view kept = key.substr(0, kKeyBytes);
  const size_t blocks = blocks_for(kept.size());
  const auto colder = [this](uint16_t a, uint16_t b) { return names_[a].heat > names_[b].heat; };
  while (size_ == kMost || free_blocks_ < blocks) {
    if (names_[order_[0]].heat >= heat) return nullptr;
    std::pop_heap(order_.begin(), order_.begin() + size_, colder);
    remove(size_ - 1);
  }
  const uint16_t id = order_[size_];
  Name& name = names_[id];
  name = {};
  name.hash = hash;
  name.heat = heat;
  name.length = static_cast<uint16_t>(kept.size());
  name.cut = kept.size() < key.size();
  name.block = kNone;
  uint16_t* link = &name.block;
  for (size_t at = 0; at < kept.size(); at += kBlockBytes) {
    const uint16_t block = first_free_;
    first_free_ = next_[block];
    *link = block;
    link = &next_[block];
    kept.copy(text_[block].data(), kBlockBytes, at);
  }
  *link = kNone;
  free_blocks_ -= blocks;
  size_t slot = home(hash);
  while (index_[slot] != kNone) slot = (slot + 1) % kSlots;
  index_[slot] = id;
  ++size_;
  std::push_heap(order_.begin(), order_.begin() + size_, colder);
  return &name;
}

std::string Names::text(const Name& name) const {
  std::string key;
  key.reserve(name.length);
  uint16_t block = name.block;
  for (size_t left = name.length; left > 0; block = next_[block]) {
    const size_t here = std::min(left, kBlockBytes);
    key.append(text_[block].data(), here);
    left -= here;
  }
  return key;
}

void Names::remove(size_t position) {
  const uint16_t id = order_[position];
  const Name& name = names_[id];
  forget_hash(name.hash);
  if (name.block != kNone) {
    uint16_t last = name.block;
    while (next_[last] != kNone) last = next_[last];
    next_[last] = first_free_;
    first_free_ = name.block;
    free_blocks_ += blocks_for(name.length);
  }
  std::swap(order_[position], order_[--size_]);
}

void Names::forget_hash(uint64_t hash) {
  size_t hole = home(hash);
  while (names_[index_[hole]].hash != hash) hole = (hole + 1) % kSlots;
  // What stands behind the hole and could be found only through it moves up.
  for (size_t slot = (hole + 1) % kSlots; index_[slot] != kNone; slot = (slot + 1) % kSlots) {
    const size_t wanted = home(names_[index_[slot]].hash);
    if ((slot - wanted) % kSlots < (slot - hole) % kSlots) continue;
    index_[hole] = index_[slot];
    hole = slot;
  }
  index_[hole] = kNone;
}

}  // namespace slotway::proxy::hotkeys
