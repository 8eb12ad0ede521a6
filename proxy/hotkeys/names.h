// Names: the hottest keys of a worker by name, at most 256 and at most 30,720 bytes of their text,
// with what was counted for each.
//
// A key's text is kept to 256 bytes, in a chain of blocks of 32, so that keys of usual length cost
// what they are long: of keys of 120 bytes 240 fit, of keys of 256 bytes 120. When there is no
// room, a hotter key drives out the coldest, found by a heap; a hash finds a key at once.
//
// 1. The first size() of order_ are in use, as a heap whose front is the coldest; the rest is free.
// 2. Each hash stands once. Two keys with one hash of 64 bits are one key here.
//
// One thread. Allocates nothing, ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::proxy::hotkeys {

enum class Kind : uint8_t { read, write };

// What is counted apart. A key is hot by each of them alone.
enum Measure : uint8_t { kRequests, kWrites, kBytes };
inline constexpr size_t kMeasures = 3;

struct Name {
  uint64_t hash;
  float heat;                               // of its hottest measure; 1 is where hot begins
  std::array<uint32_t, kMeasures> counted;  // since the last snapshot
  std::array<float, kMeasures> rate;        // a second
  std::array<uint8_t, kMeasures> cool;      // snapshots in a row below half of what is hot
  uint8_t hot;                              // a bit for each measure
  uint8_t told;                             // those of these bits that note() has given
  uint8_t snapshots;                        // that the rates are the mean of
  uint16_t length;                          // of the key, what is cut off left out
  bool cut;                                 // the key is longer
  uint16_t block;                           // the first of its text
};

class Names {
 public:
  static constexpr size_t kMost = 256;
  static constexpr size_t kKeyBytes = 256;

  Names();

  size_t size() const { return size_; }
  // In no order. Valid until the next insert or remove.
  Name& at(size_t i) { return names_[order_[i]]; }

  Name* find(uint64_t hash) {
    for (size_t slot = home(hash);; slot = (slot + 1) % kSlots) {
      const uint16_t id = index_[slot];
      if (id == kNone) return nullptr;
      if (names_[id].hash == hash) return &names_[id];
    }
  }

  // A name for a key that has none, all counts zero; drives out colder ones where there is no room.
  // Null if that does not make room: all are hotter.
  Name* insert(std::string_view key, uint64_t hash, float heat);
  std::string text(const Name& name) const;

  // The heat of the coldest if there is no room for a name; else 0.
  float coldest() const { return size_ < kMost ? 0 : names_[order_[0]].heat; }

  // Drops the names that `drop(Name&)` says yes to; it may change what was counted, and the heat.
  template <typename Drop>
  void review(Drop drop) {
    for (size_t i = size_; i-- > 0;) {
      if (drop(names_[order_[i]])) remove(i);
    }
    reorder();
  }
  void clear();

 private:
  static constexpr size_t kBlockBytes = 32;
  static constexpr size_t kBlocks = 960;
  static constexpr size_t kSlots = 2 * kMost;
  static constexpr uint16_t kNone = 0xffff;

  static size_t home(uint64_t hash) { return (hash >> 20) % kSlots; }
  static size_t blocks_for(size_t length) { return (length + kBlockBytes - 1) / kBlockBytes; }
  void remove(size_t position);  // leaves no heap behind
  void reorder();
  void forget_hash(uint64_t hash);

  size_t size_ = 0;
  size_t free_blocks_ = kBlocks;
  uint16_t first_free_ = 0;
  std::array<uint16_t, kMost> order_;
  std::array<uint16_t, kSlots> index_;
  std::array<uint16_t, kBlocks> next_;
  std::array<Name, kMost> names_;
  std::array<std::array<char, kBlockBytes>, kBlocks> text_;
};

}  // namespace slotway::proxy::hotkeys
