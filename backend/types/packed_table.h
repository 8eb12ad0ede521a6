// PackedTable: the members of a large set, or the fields and values of a large hash, by linear
// hashing over buckets that hold the elements' bytes themselves.
//
// A bucket is one allocation of about 16 elements:
//
//   header (8 bytes) | element | element | ...
//   element:  tag (1) | key size (1) | value size (1, in tables of pairs) | key | value
//   or:       tag (1) | 0xff         | address (8): a long one has an allocation of its own
//
// so an element costs its bytes, two or three more and its share of the bucket. The tag is the top
// byte of the hash; a look-up touches one bucket and nothing else. As in engine/slot_table.h, an
// insertion splits one bucket at most and a removal joins two at most: nothing is ever rehashed as
// a whole, and a scan's position stays good. Each table has a hash function of its own, for else
// inserting in the order of another table's scan would fill a few buckets with everything.
//
// One engine thread; a table that nobody else refers to may be destroyed on any.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/engine/growing_array.h"
#include "backend/engine/hash.h"

namespace slotway::backend {

class PackedTable {
 public:
  enum class Kind : uint8_t { kKeys, kPairs };

  // Views of an element, good until the table changes. The value is empty in tables of keys.
  struct Element {
    std::string_view key;
    std::string_view value;
  };

  // A scan's position is less than 2^kPositionBits.
  static constexpr unsigned kPositionBits = 34;

  explicit PackedTable(Kind kind);
  PackedTable(const PackedTable&) = delete;
  PackedTable& operator=(const PackedTable&) = delete;
  ~PackedTable();
  // An independent copy, the caller's.
  PackedTable* copy() const;

  uint64_t size() const { return size_; }
  std::optional<Element> find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key).has_value(); }

  // The arguments of the functions that change the table must not lie in it.
  //
  // Adds an element; false, and nothing changes, if the key is there.
  bool insert(std::string_view key, std::string_view value = {});
  // Adds an element or gives the key another value; whether the key is new.
  bool assign(std::string_view key, std::string_view value);
  // False if the key is not there.
  bool erase(std::string_view key);

  // Calls visit(Element) for all elements of one bucket, the one at `position`, and returns the
  // position from which to go on, or 0 at the end. Whoever goes on from 0 until the end is shown
  // each element that was there all the time at least once, whatever comes and goes between the
  // calls. visit must not change the table.
  template <typename Visit>
  uint64_t scan(uint64_t position, Visit&& visit) const;
  // Calls visit(Element) for all elements, until it returns false if it returns something. visit
  // must not change the table.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // Any element, each with the same probability. `random()` gives 64 random bits. Requires
  // size() > 0.
  template <typename Random>
  Element pick(Random&& random) const;

  // Bytes allocated, those of the table itself included.
  size_t memory() const { return sizeof *this + buckets_.memory() + allocated_; }
  // About the number of allocations.
  size_t effort() const { return buckets_.size() + allocated_ / 1024; }

 private:
  struct Bucket {
    uint32_t used;   // bytes of elements
    uint16_t count;  // elements
    uint16_t steps;  // kStep bytes each, of the whole allocation
    char* begin() { return reinterpret_cast<char*>(this + 1); }
    char* end() { return begin() + used; }
  };
  static_assert(sizeof(Bucket) == 8);

  // An element that does not lie in its bucket; the bytes follow.
  struct Long {
    size_t key_size;
    size_t value_size;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };

  static constexpr size_t kStep = 16;
  static constexpr size_t kMostInBucket = 128;  // bytes of one element
  static constexpr uint8_t kLongMark = 0xff;
  static constexpr size_t kLongSize = 2 + sizeof(Long*);
  static constexpr uint32_t kSplitAbove = 16;  // elements per bucket, on average
  static constexpr uint32_t kJoinBelow = 6;
  static constexpr uint32_t kMostJoined = 64;  // elements of two buckets that become one

  PackedTable(Kind kind, uint64_t seed) : seed_(seed), kind_(kind) {}

  // ---- elements
  bool has_values() const { return kind_ == Kind::kPairs; }
  size_t header_size() const { return has_values() ? 3 : 2; }
  static uint8_t byte(const char* at) { return static_cast<uint8_t>(*at); }
  static bool is_long(const char* at) { return byte(at + 1) == kLongMark; }
  static Long* long_of(const char* at) {
    Long* result;
    __builtin_memcpy(&result, at + 2, sizeof result);
    return result;
  }
  size_t size_at(const char* at) const {
    if (is_long(at)) return kLongSize;
    return has_values() ? size_t{3} + byte(at + 1) + byte(at + 2) : size_t{2} + byte(at + 1);
  }
  Element element_at(const char* at) const;

  // ---- buckets
  uint64_t hash(std::string_view key) const {
    return hash_bytes(key, {kHashSecret.first ^ seed_, kHashSecret.second});
  }
  static uint8_t tag_of(uint64_t hash) { return static_cast<uint8_t>(hash >> 56); }
  static uint64_t reversed(uint64_t bits);
  uint32_t index_of(uint64_t hash) const {
    const uint32_t mask = std::bit_ceil(buckets_.size()) - 1;
    const auto index = static_cast<uint32_t>(hash) & mask;
    return index < buckets_.size() ? index : index & (mask >> 1);
  }
  // How many low bits of the hash all elements of the bucket share.
  unsigned level_of(uint32_t index) const;
  // Null if the key is not there.
  char* find_in(Bucket* bucket, uint64_t hash, std::string_view key) const;
  void append(Bucket*& bucket, uint64_t hash, std::string_view key, std::string_view value);
  // Adds an element of `size` bytes, which are still to be written.
  char* extend(Bucket*& bucket, size_t size);
  // Takes out the element at `at`; a long one's allocation stays.
  void remove(Bucket* bucket, char* at);
  // Makes room for `more` bytes behind what is used.
  void reserve(Bucket*& bucket, size_t more);
  // Another allocation, for `needed` bytes in all.
  void resize(Bucket*& bucket, size_t needed);
  // Gives memory back if much is unused.
  void shrink(Bucket*& bucket);
  void release(Bucket*& bucket);
  void release_long(const char* at);
  void* allocate(size_t bytes);

  void added();
  void split_one();
  void join_one();

  GrowingArray<Bucket*> buckets_;  // null: empty
  uint64_t size_ = 0;
  size_t allocated_ = 0;  // bytes of buckets and long elements
  const uint64_t seed_;   // of the hash function
  uint16_t most_ = 0;     // elements that a bucket may have had at some time
  const Kind kind_;
};

inline PackedTable::Element PackedTable::element_at(const char* at) const {
  if (is_long(at)) [[unlikely]] {
    Long* const block = long_of(at);
    return {{block->bytes(), block->key_size},
            {block->bytes() + block->key_size, block->value_size}};
  }
  const char* const key = at + header_size();
  const size_t key_size = byte(at + 1);
  return {{key, key_size}, {key + key_size, has_values() ? byte(at + 2) : size_t{0}}};
}

template <typename Visit>
uint64_t PackedTable::scan(uint64_t position, Visit&& visit) const {
  if (buckets_.empty()) return 0;
  const uint64_t backward = position << (64 - kPositionBits);
  const uint32_t index = index_of(reversed(backward));
  if (Bucket* const bucket = buckets_[index]) {
    for (const char* at = bucket->begin(); at < bucket->end(); at += size_at(at)) {
      visit(element_at(at));
    }
  }
  const unsigned level = level_of(index);
  if (level == 0) return 0;
  const unsigned ignored = 64u - level;
  return (((backward >> ignored) + 1) << ignored) >> (64 - kPositionBits);
}

template <typename Visit>
void PackedTable::for_each(Visit&& visit) const {
  for (uint32_t i = 0; i < buckets_.size(); ++i) {
    Bucket* const bucket = buckets_[i];
    if (!bucket) continue;
    for (const char* at = bucket->begin(); at < bucket->end(); at += size_at(at)) {
      if constexpr (std::is_void_v<decltype(visit(element_at(at)))>) {
        visit(element_at(at));
      } else if (!visit(element_at(at))) {
        return;
      }
    }
  }
}

template <typename Random>
PackedTable::Element PackedTable::pick(Random&& random) const {
  // Throwing away what falls behind a bucket's end makes full and empty buckets even.
  while (true) {
    Bucket* const bucket = buckets_[static_cast<uint32_t>(random() % buckets_.size())];
    uint64_t rank = random() % most_;
    if (!bucket || rank >= bucket->count) continue;
    const char* at = bucket->begin();
    for (; rank > 0; --rank) at += size_at(at);
    return element_at(at);
  }
}

}  // namespace slotway::backend
