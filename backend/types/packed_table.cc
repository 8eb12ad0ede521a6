#include "backend/types/packed_table.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "backend/engine/allocation.h"
#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

void copy_bytes(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

uint64_t next_seed() {
  static std::atomic<uint64_t> count{0};
  return count.fetch_add(1, std::memory_order_relaxed);
}

// ---- operations of the engine

PackedTable* table_of(Entry::Reference value) { return static_cast<PackedTable*>(value.object); }

void destroy(Entry::Reference value) { delete table_of(value); }
size_t effort(Entry::Reference value) { return table_of(value)->effort(); }
Entry::Reference copy(Entry::Reference value) { return {table_of(value)->copy(), 0}; }
size_t memory(Entry::Reference value) { return table_of(value)->memory(); }

uint64_t relocate(Entry::Reference& value, uint64_t position, Relocation& relocation) {
  PackedTable* table = table_of(value);
  if (position == 0 && relocation.move_object(table)) value.object = table;
  return table->relocate(position, relocation);
}

}  // namespace

extern const ValueOperations kPackedTableOperations;
const ValueOperations kPackedTableOperations = {
    .destroy = &destroy,
    .effort = &effort,
    .destroy_part = &dismantle_and_delete<PackedTable>,
    .copy = &copy,
    .memory = &memory,
    .relocate = &relocate,
};

PackedTable::PackedTable(Kind kind) : PackedTable(kind, next_seed()) {}

PackedTable::~PackedTable() {
  while (dismantle()) {
  }
}

bool PackedTable::dismantle() {
  constexpr uint32_t kBucketsAtOnce = 16;
  if (buckets_.empty()) return false;
  for (uint32_t i = 0; i < kBucketsAtOnce && !buckets_.empty(); ++i) {
    Bucket*& bucket = buckets_[buckets_.size() - 1];
    walk(bucket, [&](Place place) {
      release_long(place);
      return true;
    });
    release(bucket);
    buckets_.pop_back();
  }
  return true;
}

// A position is the number of a bucket and, in the low bits, how many of its elements are done.
uint64_t PackedTable::relocate(uint64_t position, Relocation& relocation) {
  constexpr uint64_t kBucketsAtOnce = 4;
  constexpr unsigned kElementBits = 8 * sizeof(Bucket::count);
  uint64_t index = position >> kElementBits;
  uint64_t done = position & ((uint64_t{1} << kElementBits) - 1);
  const uint64_t end = std::min<uint64_t>(index + kBucketsAtOnce, buckets_.size());
  for (; index < end; ++index, done = 0) {
    const auto i = static_cast<uint32_t>(index);
    if (done == 0) buckets_.relocate(i, relocation);
    Bucket*& bucket = buckets_[i];
    if (bucket && done == 0) relocation.move(bucket, bucket->steps * kStep);
    uint64_t at = 0;
    const bool is_whole = walk(bucket, [&](Place place) {
      if (at++ < done || !is_long(place.mark)) return true;
      Long* block = long_of(place);
      relocation.move(block, allocation_size(block->size()));
      std::memcpy(place.bytes, &block, sizeof block);
      return !relocation.step_is_full();
    });
    if (!is_whole) return index << kElementBits | at;
  }
  return index < buckets_.size() ? index << kElementBits : 0;
}

PackedTable* PackedTable::copy() const {
  auto* const result = new PackedTable(kind_, seed_);
  for (uint32_t i = 0; i < buckets_.size(); ++i) {
    Bucket* bucket = nullptr;
    if (buckets_[i]) {
      const size_t size = buckets_[i]->steps * kStep;
      bucket = static_cast<Bucket*>(result->allocate(size));
      std::memcpy(static_cast<void*>(bucket), buckets_[i], size);
    }
    walk(bucket, [&](Place place) {
      if (!is_long(place.mark)) return true;
      const Long* const block = long_of(place);
      void* const own = result->allocate(block->size());
      std::memcpy(own, block, block->size());
      std::memcpy(place.bytes, &own, sizeof own);
      return true;
    });
    result->buckets_.push_back(bucket);
  }
  result->size_ = size_;
  result->most_ = most_;
  return result;
}

// ---- what users see

std::optional<PackedTable::Element> PackedTable::find(std::string_view key) const {
  if (buckets_.empty()) return std::nullopt;
  const uint64_t hashed = hash(key);
  const Place place = find_in(buckets_[index_of(hashed)], hashed, key);
  return place.mark ? std::optional(element_of(place)) : std::nullopt;
}

bool PackedTable::insert(std::string_view key, std::string_view value) {
  if (buckets_.empty()) buckets_.push_back(nullptr);
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  if (find_in(bucket, hashed, key).mark) return false;
  append(bucket, hashed, key, value);
  added();
  return true;
}

bool PackedTable::assign(std::string_view key, std::string_view value) {
  if (buckets_.empty()) buckets_.push_back(nullptr);
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  const Place place = find_in(bucket, hashed, key);
  if (!place.mark) {
    append(bucket, hashed, key, value);
    added();
    return true;
  }
  const std::string_view old = element_of(place).value;
  if (old.size() == value.size()) {
    copy_bytes(const_cast<char*>(old.data()), value);
  } else {
    release_long(place);
    remove(bucket, place);
    append(bucket, hashed, key, value);
  }
  return false;
}

bool PackedTable::erase(std::string_view key) {
  if (buckets_.empty()) return false;
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  const Place place = find_in(bucket, hashed, key);
  if (!place.mark) return false;
  release_long(place);
  remove(bucket, place);
  shrink(bucket);
  --size_;
  if (buckets_.size() > 1 && size_ < uint64_t{buckets_.size()} * kJoinBelow) join_one();
  return true;
}

void PackedTable::added() {
  ++size_;
  if (size_ > uint64_t{buckets_.size()} * kSplitAbove) split_one();
}

// ---- linear hashing

unsigned PackedTable::level_of(uint32_t index) const {
  const uint32_t count = buckets_.size();
  const uint32_t half = std::bit_ceil(count) / 2;
  const auto level = static_cast<unsigned>(std::bit_width(count - 1));
  const bool is_split = index >= half || index + half < count;
  return is_split ? level : level - 1;
}

// Bucket i gives those of its elements to the new bucket i + 2^level that have the bit `level` of
// their hash set.
void PackedTable::split_one() {
  const uint32_t fresh_index = buckets_.size();
  const uint32_t bit = std::bit_floor(fresh_index);
  buckets_.push_back(nullptr);
  Bucket*& low = buckets_[fresh_index - bit];
  Bucket*& high = buckets_[fresh_index];
  if (!low) return;
  const size_t step = mark_size();
  reserve(high, needed_by(low));
  Place to = {low->marks(), low->end()};
  walk(low, [&](Place from) {
    const size_t size = size_of(from.mark);
    Place target;
    if (hash(element_of(from).key) & bit) {
      target = extend(high, size);
      --low->count;
    } else {
      to.bytes -= size;
      target = to;
      to.mark += step;
    }
    std::memmove(target.mark, from.mark, step);
    std::memmove(target.bytes, from.bytes, size);
    return true;
  });
  low->used = static_cast<uint32_t>(low->end() - to.bytes);
  shrink(low);
  shrink(high);
}

// The reverse: the last bucket goes back into the one that it was split from. Where removals took
// other buckets' elements and left these two, they wait.
void PackedTable::join_one() {
  const uint32_t last_index = buckets_.size() - 1;
  Bucket*& high = buckets_[last_index];
  Bucket*& low = buckets_[last_index - std::bit_floor(last_index)];
  if (high && low) {
    if (high->count + low->count > kMostJoined) return;
    const size_t marks = high->count * mark_size();
    reserve(low, marks + high->used);
    std::memcpy(low->marks() + low->count * mark_size(), high->marks(), marks);
    std::memcpy(low->end() - low->used - high->used, high->end() - high->used, high->used);
    low->used += high->used;
    low->count = static_cast<uint16_t>(low->count + high->count);
    most_ = std::max(most_, low->count);
    release(high);
  } else if (high) {
    low = high;
  }
  buckets_.pop_back();
}

// ---- buckets

PackedTable::Place PackedTable::find_in(Bucket* bucket, uint64_t hash, std::string_view key) const {
  const uint8_t tag = tag_of(hash);
  Place found = {nullptr, nullptr};
  walk(bucket, [&](Place place) {
    if (byte(place.mark) != tag || element_of(place).key != key) return true;
    found = place;
    return false;
  });
  return found;
}

void PackedTable::append(Bucket*& bucket, uint64_t hash, std::string_view key,
                         std::string_view value) {
  Place place;
  if (key.size() <= kMostInBucket && value.size() <= kMostInBucket - key.size()) {
    place = extend(bucket, key.size() + value.size());
    place.mark[1] = static_cast<char>(key.size());
    copy_bytes(place.bytes, key);
    copy_bytes(place.bytes + key.size(), value);
  } else {
    auto* const block =
        new (allocate(sizeof(Long) + key.size() + value.size())) Long{key.size(), value.size()};
    copy_bytes(block->bytes(), key);
    copy_bytes(block->bytes() + key.size(), value);
    place = extend(bucket, sizeof block);
    place.mark[1] = static_cast<char>(kLongMark);
    std::memcpy(place.bytes, &block, sizeof block);
  }
  place.mark[0] = static_cast<char>(tag_of(hash));
  if (has_values()) place.mark[2] = static_cast<char>(value.size());
}

PackedTable::Place PackedTable::extend(Bucket*& bucket, size_t size) {
  reserve(bucket, mark_size() + size);
  bucket->used += static_cast<uint32_t>(size);
  const Place place = {bucket->marks() + bucket->count * mark_size(), bucket->end() - bucket->used};
  most_ = std::max(most_, ++bucket->count);
  return place;
}

void PackedTable::remove(Bucket* bucket, Place place) {
  const size_t size = size_of(place.mark);
  const size_t step = mark_size();
  char* const first = bucket->end() - bucket->used;
  std::memmove(first + size, first, static_cast<size_t>(place.bytes - first));
  char* const end = bucket->marks() + bucket->count * step;
  std::memmove(place.mark, place.mark + step, static_cast<size_t>(end - place.mark) - step);
  bucket->used -= static_cast<uint32_t>(size);
  --bucket->count;
}

void PackedTable::reserve(Bucket*& bucket, size_t more) {
  const size_t needed = (bucket ? needed_by(bucket) : sizeof(Bucket)) + more;
  if (!bucket || needed > bucket->steps * kStep) resize(bucket, needed);
}

void PackedTable::shrink(Bucket*& bucket) {
  if (bucket->count == 0) return release(bucket);
  const size_t needed = needed_by(bucket);
  const size_t size = bucket->steps * kStep;
  if (allocation_size(needed) < size - size / 4) resize(bucket, needed);
}

void PackedTable::resize(Bucket*& bucket, size_t needed) {
  auto* const fresh = new (allocate(needed)) Bucket{};
  fresh->steps = static_cast<uint16_t>(allocation_size(needed) / kStep);
  if (bucket) {
    fresh->used = bucket->used;
    fresh->count = bucket->count;
    std::memcpy(fresh->marks(), bucket->marks(), bucket->count * mark_size());
    std::memcpy(fresh->end() - fresh->used, bucket->end() - bucket->used, bucket->used);
    release(bucket);
  }
  bucket = fresh;
}

void PackedTable::release(Bucket*& bucket) {
  if (!bucket) return;
  allocated_ -= bucket->steps * kStep;
  std::free(bucket);
  bucket = nullptr;
}

void PackedTable::release_long(Place place) {
  if (!is_long(place.mark)) return;
  Long* const block = long_of(place);
  allocated_ -= allocation_size(block->size());
  std::free(block);
}

void* PackedTable::allocate(size_t bytes) {
  const size_t size = allocation_size(bytes);
  void* const memory = backend::allocate(size);
  allocated_ += size;
  return memory;
}

}  // namespace slotway::backend
