// PackedTable: the members of a large set, or the fields and values of a large hash, by linear
// hashing over buckets that hold the elements' bytes themselves.
//
// A bucket is one allocation of about 16 elements; marks grow up from its header, the bytes of the
// elements down from its end:
//
//   header (8) | mark | mark | mark | ... unused ... | bytes | bytes | bytes
//   mark:   tag (1) | key size (1) | value size (1, in tables of pairs);  bytes: key | value
//   or:     tag (1) | 0xff | unused;  bytes: the address (8) of a long element's own allocation
//
// so an element costs its bytes, two or three more and its share of the bucket. The tag is the top
// byte of the hash: a look-up reads the marks, which lie in a cache line or two, and the bytes of
// the element it is after. As in engine/linear_table.h, an insertion splits one bucket at most and
// a removal joins two at most: nothing is ever rehashed as a whole, and a scan's position stays
// good. Each table has a hash function of its own, for else inserting in the order of another
// table's scan would fill a few buckets with everything.
//
// One engine thread; a table that nobody else refers to may be destroyed on any.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "backend/engine/backward_bits.h"
#include "backend/engine/entry.h"
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
  // Gives some buckets back; false if none was left. From then on the table is good for nothing but
  // more of this.
  bool dismantle();
  // See ValueOperations::relocate; the object itself stays.
  uint64_t relocate(uint64_t position, Relocation& relocation);
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
  // Calls visit(Element) for all elements; stops when visit, if it answers a bool, says false. It
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
    uint32_t used;   // bytes of elements, marks excluded
    uint16_t count;  // elements
    uint16_t steps;  // kStep bytes each, of the whole allocation
    char* marks() { return reinterpret_cast<char*>(this + 1); }
    char* end() { return reinterpret_cast<char*>(this) + steps * kStep; }
  };
  static_assert(sizeof(Bucket) == 8);

  // Where an element is in its bucket.
  struct Place {
    char* mark;  // null: nowhere
    char* bytes;
  };

  // An element that does not lie in its bucket; the bytes follow.
  struct Long {
    size_t key_size;
    size_t value_size;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    size_t size() const { return sizeof(Long) + key_size + value_size; }
  };

  static constexpr size_t kStep = 16;
  static constexpr size_t kMostInBucket = 128;  // bytes of one element
  static constexpr uint8_t kLongMark = 0xff;
  static constexpr uint32_t kSplitAbove = 16;  // elements per bucket, on average
  static constexpr uint32_t kJoinBelow = 6;
  static constexpr uint32_t kMostJoined = 64;  // elements of two buckets that become one

  PackedTable(Kind kind, uint64_t seed) : seed_(seed), kind_(kind) {}

  // ---- elements
  bool has_values() const { return kind_ == Kind::kPairs; }
  size_t mark_size() const { return has_values() ? 3 : 2; }
  static uint8_t byte(const char* at) { return static_cast<uint8_t>(*at); }
  static bool is_long(const char* mark) { return byte(mark + 1) == kLongMark; }
  static Long* long_of(Place place) {
    Long* result;
    std::memcpy(&result, place.bytes, sizeof result);
    return result;
  }
  // Bytes in the bucket, the mark excluded.
  size_t size_of(const char* mark) const {
    if (is_long(mark)) [[unlikely]]
      return sizeof(Long*);
    return has_values() ? size_t{byte(mark + 1)} + byte(mark + 2) : byte(mark + 1);
  }
  Element element_of(Place place) const;
  // Calls visit(Place) for the elements of a bucket, which may be null, until it answers false.
  template <typename Visit>
  bool walk(Bucket* bucket, Visit&& visit) const;

  // ---- buckets
  uint64_t hash(std::string_view key) const {
    return hash_bytes(key, {kHashSecret.first ^ seed_, kHashSecret.second});
  }
  static uint8_t tag_of(uint64_t hash) { return static_cast<uint8_t>(hash >> 56); }
  uint32_t index_of(uint64_t hash) const {
    const uint32_t mask = std::bit_ceil(buckets_.size()) - 1;
    const auto index = static_cast<uint32_t>(hash) & mask;
    return index < buckets_.size() ? index : index & (mask >> 1);
  }
  // How many low bits of the hash all elements of the bucket share.
  unsigned level_of(uint32_t index) const;
  Place find_in(Bucket* bucket, uint64_t hash, std::string_view key) const;
  void append(Bucket*& bucket, uint64_t hash, std::string_view key, std::string_view value);
  // Adds an element of `size` bytes; they and the mark are still to be written.
  Place extend(Bucket*& bucket, size_t size);
  // Takes an element out; a long one's own allocation stays.
  void remove(Bucket* bucket, Place place);
  // Makes room for `more` bytes.
  void reserve(Bucket*& bucket, size_t more);
  // Gives memory back if much is unused.
  void shrink(Bucket*& bucket);
  // Another allocation, for `needed` bytes in all.
  void resize(Bucket*& bucket, size_t needed);
  size_t needed_by(const Bucket* bucket) const {
    return sizeof(Bucket) + bucket->count * mark_size() + bucket->used;
  }
  void release(Bucket*& bucket);
  void release_long(Place place);
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

// The table that an entry of Encoding::kHashtable refers to.
inline PackedTable& packed_table(const Entry* entry) {
  return *static_cast<PackedTable*>(entry->reference().object);
}

inline PackedTable::Element PackedTable::element_of(Place place) const {
  if (is_long(place.mark)) [[unlikely]] {
    Long* const block = long_of(place);
    return {{block->bytes(), block->key_size},
            {block->bytes() + block->key_size, block->value_size}};
  }
  const size_t key_size = byte(place.mark + 1);
  return {{place.bytes, key_size},
          {place.bytes + key_size, has_values() ? byte(place.mark + 2) : size_t{0}}};
}

template <typename Visit>
bool PackedTable::walk(Bucket* bucket, Visit&& visit) const {
  if (!bucket) return true;
  const size_t step = mark_size();
  Place place = {bucket->marks(), bucket->end()};
  for (uint32_t left = bucket->count; left > 0; --left, place.mark += step) {
    place.bytes -= size_of(place.mark);
    if (!visit(place)) return false;
  }
  return true;
}

template <typename Visit>
uint64_t PackedTable::scan(uint64_t position, Visit&& visit) const {
  if (buckets_.empty()) return 0;
  const uint64_t backward = position << (64 - kPositionBits);
  const uint32_t index = index_of(backward_bits(backward));
  walk(buckets_[index], [&](Place place) {
    visit(element_of(place));
    return true;
  });
  const unsigned level = level_of(index);
  if (level == 0) return 0;
  const unsigned ignored = 64u - level;
  return (((backward >> ignored) + 1) << ignored) >> (64 - kPositionBits);
}

template <typename Visit>
void PackedTable::for_each(Visit&& visit) const {
  const auto show = [&](Place place) {
    if constexpr (std::is_void_v<decltype(visit(Element{}))>) {
      visit(element_of(place));
      return true;
    } else {
      return visit(element_of(place));
    }
  };
  for (uint32_t i = 0; i < buckets_.size(); ++i) {
    if (!walk(buckets_[i], show)) return;
  }
}

template <typename Random>
PackedTable::Element PackedTable::pick(Random&& random) const {
  // Throwing away what falls behind a bucket's end makes full and empty buckets even.
  while (true) {
    Bucket* const bucket = buckets_[static_cast<uint32_t>(random() % buckets_.size())];
    uint64_t rank = random() % most_;
    if (!bucket || rank >= bucket->count) continue;
    Element picked;
    walk(bucket, [&](Place place) {
      if (rank-- > 0) return true;
      picked = element_of(place);
      return false;
    });
    return picked;
  }
}

}  // namespace slotway::backend
