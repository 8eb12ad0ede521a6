// Entry: one key with its value, in one allocation.
//
//   header (8 bytes) | expiry (6 or 8, optional) | long key's size (4, optional) | key | value
//
// The value is either in the entry itself or, if is_reference(), the entry ends in a pointer to it
// and its size. What the value bytes mean is the business of types/. An entry belongs to the one
// keyspace that it is in, or to whoever detached it; it moves in memory when it grows. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace slotway::backend {

enum class Type : uint8_t { kString, kList, kSet, kSortedSet, kHash, kStream };
inline constexpr size_t kTypeCount = 6;

// What a value is made of. The names are Redis's, but a small list and a small set of strings are
// listpacks here, whatever OBJECT ENCODING calls them.
enum class Encoding : uint8_t {
  kInt,
  kEmbstr,
  kRaw,
  kListpack,
  kIntset,
  kQuicklist,
  kHashtable,
  kSkiplist,
};

class Entry {
 public:
  // Longest value that an entry holds itself.
  static constexpr size_t kMaxInline = 4096;
  static constexpr int64_t kNoExpiry = -1;

  // A value that stands elsewhere.
  struct Reference {
    void* object;
    uint64_t size;
  };

  // A new entry whose `value_size` value bytes are still to be written; value_size <= kMaxInline.
  // `expiry_ms` is wall-clock milliseconds, or kNoExpiry.
  static Entry* make(std::string_view key, Type type, Encoding encoding, size_t value_size,
                     int64_t expiry_ms);
  static Entry* make_reference(std::string_view key, Type type, Encoding encoding,
                               Reference reference, int64_t expiry_ms);
  // Gives back the entry's own memory, not what it refers to.
  static void release(Entry* entry);

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  Type type() const { return static_cast<Type>(kind_ & 0xf); }
  Encoding encoding() const { return static_cast<Encoding>(kind_ >> 4); }
  void set_encoding(Encoding encoding) {
    kind_ = static_cast<uint8_t>((kind_ & 0xf) | static_cast<uint8_t>(encoding) << 4);
  }

  std::string_view key() const {
    const char* at = body() + expiry_size();
    if (!(flags_ & kLongKey)) return {at, key_size_};
    return {at + sizeof(uint32_t), load<uint32_t>(at)};
  }

  char* value() { return const_cast<char*>(key().data() + key().size()); }
  const char* value() const { return key().data() + key().size(); }
  size_t value_size() const { return value_size_; }
  bool is_reference() const { return flags_ & kReference; }
  // Requires is_reference().
  Reference reference() const { return load<Reference>(value()); }
  void set_reference(Reference reference) { std::memcpy(value(), &reference, sizeof reference); }

  // Whether a value of `size` bytes needs an allocation of the same size as the present one.
  bool fits(size_t size) const;
  // Requires fits(size) and !is_reference(). What is there of the value's bytes stays.
  void set_value_size(size_t size) { value_size_ = static_cast<uint16_t>(size); }

  bool has_expiry() const { return flags_ & kExpires; }
  int64_t expiry_ms() const {
    if (!has_expiry()) return kNoExpiry;
    int64_t ms = 0;  // little-endian, as all of the entry
    std::memcpy(&ms, body(), expiry_size());
    return ms;
  }
  // Whether the expiry can be set in place.
  bool has_room_for_expiry(int64_t ms) const { return expiry_flags(ms) == (flags_ & kExpiryFlags); }
  // Requires has_room_for_expiry(ms).
  void set_expiry_ms(int64_t ms) { std::memcpy(body(), &ms, expiry_size()); }

  // Copies with another key or expiry (kNoExpiry: none); a reference is copied as it is.
  Entry* with_key(std::string_view key, int64_t expiry_ms) const;
  Entry* with_expiry(int64_t expiry_ms) const { return with_key(key(), expiry_ms); }

  // Seconds, modulo 2^24, of the last access.
  uint32_t accessed() const { return accessed_[0] | accessed_[1] << 8 | accessed_[2] << 16; }
  void set_accessed(uint32_t seconds) {
    if (((accessed() ^ seconds) & 0xffffff) == 0) return;  // leaves the line clean
    accessed_[0] = static_cast<uint8_t>(seconds);
    accessed_[1] = static_cast<uint8_t>(seconds >> 8);
    accessed_[2] = static_cast<uint8_t>(seconds >> 16);
  }

  // Bytes of the entry's own allocation.
  size_t allocated() const;

 private:
  // kFarExpiry goes with kExpires: it takes eight bytes instead of six.
  enum : uint8_t { kExpires = 1, kLongKey = 2, kReference = 4, kFarExpiry = 8 };
  static constexpr unsigned kExpiryFlags = kExpires | kFarExpiry;
  // For the next few thousand years six bytes are enough; Redis takes any moment.
  static constexpr int64_t kFar = int64_t{1} << 48;

  static unsigned expiry_flags(int64_t ms) {
    if (ms == kNoExpiry) return 0;
    return ms >= 0 && ms < kFar ? unsigned{kExpires} : kExpiryFlags;
  }

  Entry() = default;
  char* body() { return reinterpret_cast<char*>(this + 1); }
  const char* body() const { return reinterpret_cast<const char*>(this + 1); }
  // Without a branch: every look-up asks.
  size_t expiry_size() const { return (flags_ & kExpires) * 6u + (flags_ & kFarExpiry) / 4u; }
  size_t size_with(size_t value_size) const;

  template <typename T>
  static T load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }

  uint8_t accessed_[3];
  uint8_t kind_;  // Type in the low half, Encoding in the high one
  uint8_t flags_;
  uint8_t key_size_;  // of a short key
  uint16_t value_size_;
};

static_assert(sizeof(Entry) == 8);

}  // namespace slotway::backend
