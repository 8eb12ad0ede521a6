#include "backend/types/packed_table.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace slotway::backend {

namespace {

// What allocators hand out for a request: steps of 16 bytes up to 128, then quarters of a power of
// two, as in mimalloc.
size_t allocation_size(size_t bytes) {
  const size_t step = bytes <= 128 ? 16 : std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

void copy_bytes(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

uint64_t next_seed() {
  static std::atomic<uint64_t> count{0};
  return count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

PackedTable::PackedTable(Kind kind) : PackedTable(kind, next_seed()) {}

PackedTable::~PackedTable() {
  for (uint32_t i = 0; i < buckets_.size(); ++i) {
    Bucket*& bucket = buckets_[i];
    if (!bucket) continue;
    for (const char* at = bucket->begin(); at < bucket->end(); at += size_at(at)) release_long(at);
    release(bucket);
  }
}

PackedTable* PackedTable::copy() const {
  auto* const result = new PackedTable(kind_, seed_);
  for (uint32_t i = 0; i < buckets_.size(); ++i) {
    Bucket* bucket = nullptr;
    if (Bucket* const from = buckets_[i]) {
      result->reserve(bucket, from->used);
      std::memcpy(bucket->begin(), from->begin(), from->used);
      bucket->used = from->used;
      bucket->count = from->count;
      for (char* at = bucket->begin(); at < bucket->end(); at += size_at(at)) {
        if (!is_long(at)) continue;
        const Long* const block = long_of(at);
        const size_t size = sizeof(Long) + block->key_size + block->value_size;
        void* const own = result->allocate(size);
        std::memcpy(own, block, size);
        std::memcpy(at + 2, &own, sizeof own);
      }
    }
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
  const char* const at = find_in(buckets_[index_of(hashed)], hashed, key);
  return at ? std::optional(element_at(at)) : std::nullopt;
}

bool PackedTable::insert(std::string_view key, std::string_view value) {
  if (buckets_.empty()) buckets_.push_back(nullptr);
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  if (find_in(bucket, hashed, key)) return false;
  append(bucket, hashed, key, value);
  added();
  return true;
}

bool PackedTable::assign(std::string_view key, std::string_view value) {
  if (buckets_.empty()) buckets_.push_back(nullptr);
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  char* const at = find_in(bucket, hashed, key);
  if (!at) {
    append(bucket, hashed, key, value);
    added();
    return true;
  }
  const std::string_view old = element_at(at).value;
  if (old.size() == value.size()) {
    copy_bytes(const_cast<char*>(old.data()), value);
  } else {
    release_long(at);
    remove(bucket, at);
    append(bucket, hashed, key, value);
  }
  return false;
}

bool PackedTable::erase(std::string_view key) {
  if (buckets_.empty()) return false;
  const uint64_t hashed = hash(key);
  Bucket*& bucket = buckets_[index_of(hashed)];
  char* const at = find_in(bucket, hashed, key);
  if (!at) return false;
  release_long(at);
  remove(bucket, at);
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

uint64_t PackedTable::reversed(uint64_t bits) {
  bits = ((bits >> 1) & 0x5555555555555555u) | ((bits & 0x5555555555555555u) << 1);
  bits = ((bits >> 2) & 0x3333333333333333u) | ((bits & 0x3333333333333333u) << 2);
  bits = ((bits >> 4) & 0x0f0f0f0f0f0f0f0fu) | ((bits & 0x0f0f0f0f0f0f0f0fu) << 4);
  return __builtin_bswap64(bits);
}

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
  if (!low) return;
  Bucket*& high = buckets_[fresh_index];
  reserve(high, low->used);
  char* to = low->begin();
  uint16_t stay = 0;
  for (const char *at = low->begin(), *end = low->end(); at < end;) {
    const size_t size = size_at(at);
    if (hash(element_at(at).key) & bit) {
      std::memcpy(extend(high, size), at, size);
    } else {
      std::memmove(to, at, size);
      to += size;
      ++stay;
    }
    at += size;
  }
  low->used = static_cast<uint32_t>(to - low->begin());
  low->count = stay;
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
    reserve(low, high->used);
    std::memcpy(low->end(), high->begin(), high->used);
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

char* PackedTable::find_in(Bucket* bucket, uint64_t hash, std::string_view key) const {
  if (!bucket) return nullptr;
  const uint8_t tag = tag_of(hash);
  char* const end = bucket->end();
  for (char* at = bucket->begin(); at < end; at += size_at(at)) {
    if (byte(at) == tag && element_at(at).key == key) return at;
  }
  return nullptr;
}

void PackedTable::append(Bucket*& bucket, uint64_t hash, std::string_view key,
                         std::string_view value) {
  const size_t header = header_size();
  if (key.size() <= kMostInBucket && value.size() <= kMostInBucket &&
      header + key.size() + value.size() <= kMostInBucket) {
    char* const at = extend(bucket, header + key.size() + value.size());
    at[0] = static_cast<char>(tag_of(hash));
    at[1] = static_cast<char>(key.size());
    if (has_values()) at[2] = static_cast<char>(value.size());
    copy_bytes(at + header, key);
    copy_bytes(at + header + key.size(), value);
    return;
  }
  auto* const block =
      new (allocate(sizeof(Long) + key.size() + value.size())) Long{key.size(), value.size()};
  copy_bytes(block->bytes(), key);
  copy_bytes(block->bytes() + key.size(), value);
  char* const at = extend(bucket, kLongSize);
  at[0] = static_cast<char>(tag_of(hash));
  at[1] = static_cast<char>(kLongMark);
  std::memcpy(at + 2, &block, sizeof block);
}

char* PackedTable::extend(Bucket*& bucket, size_t size) {
  reserve(bucket, size);
  char* const at = bucket->end();
  bucket->used += static_cast<uint32_t>(size);
  most_ = std::max(most_, ++bucket->count);
  return at;
}

void PackedTable::remove(Bucket* bucket, char* at) {
  const size_t size = size_at(at);
  std::memmove(at, at + size, static_cast<size_t>(bucket->end() - at) - size);
  bucket->used -= static_cast<uint32_t>(size);
  --bucket->count;
}

void PackedTable::reserve(Bucket*& bucket, size_t more) {
  const size_t used = bucket ? bucket->used : 0;
  const size_t needed = sizeof(Bucket) + used + more;
  if (!bucket || needed > bucket->steps * kStep) resize(bucket, needed);
}

void PackedTable::shrink(Bucket*& bucket) {
  if (bucket->count == 0) return release(bucket);
  const size_t needed = sizeof(Bucket) + bucket->used;
  const size_t size = bucket->steps * kStep;
  if (allocation_size(needed) < size - size / 4) resize(bucket, needed);
}

// Not by realloc(), which keeps what is at most twice too large.
void PackedTable::resize(Bucket*& bucket, size_t needed) {
  auto* const fresh = new (allocate(needed)) Bucket{};
  fresh->steps = static_cast<uint16_t>(allocation_size(needed) / kStep);
  if (bucket) {
    fresh->used = bucket->used;
    fresh->count = bucket->count;
    std::memcpy(fresh->begin(), bucket->begin(), bucket->used);
    release(bucket);
  }
  bucket = fresh;
}

void PackedTable::release(Bucket*& bucket) {
  allocated_ -= bucket->steps * kStep;
  std::free(bucket);
  bucket = nullptr;
}

void PackedTable::release_long(const char* at) {
  if (!is_long(at)) return;
  Long* const block = long_of(at);
  allocated_ -= allocation_size(sizeof(Long) + block->key_size + block->value_size);
  std::free(block);
}

void* PackedTable::allocate(size_t bytes) {
  const size_t size = allocation_size(bytes);
  void* const memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  allocated_ += size;
  return memory;
}

}  // namespace slotway::backend
