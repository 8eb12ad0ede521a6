#include "backend/engine/entry.h"

#include <cstdlib>

#include "backend/engine/allocation.h"

namespace slotway::backend {

namespace {

constexpr size_t kLongestShortKey = 255;

}  // namespace

Entry* Entry::make(std::string_view key, Type type, Encoding encoding, size_t value_size,
                   int64_t expiry_ms) {
  const bool is_long = key.size() > kLongestShortKey;
  const unsigned expires = expiry_flags(expiry_ms);
  const size_t expiry_size = expires == 0 ? 0 : expires == kExpires ? 6 : 8;
  const size_t size =
      sizeof(Entry) + expiry_size + (is_long ? sizeof(uint32_t) : 0) + key.size() + value_size;
  auto* const entry = new (allocate(allocation_size(size))) Entry;
  std::memset(entry->accessed_, 0, sizeof entry->accessed_);
  entry->kind_ =
      static_cast<uint8_t>(static_cast<uint8_t>(type) | static_cast<uint8_t>(encoding) << 4);
  entry->flags_ = static_cast<uint8_t>(expires | (is_long ? kLongKey : 0));
  entry->key_size_ = static_cast<uint8_t>(is_long ? 0 : key.size());
  entry->value_size_ = static_cast<uint16_t>(value_size);
  char* at = entry->body() + expiry_size;
  if (expires) entry->set_expiry_ms(expiry_ms);
  if (is_long) {
    const auto key_size = static_cast<uint32_t>(key.size());
    std::memcpy(at, &key_size, sizeof key_size);
    at += sizeof key_size;
  }
  if (!key.empty()) std::memcpy(at, key.data(), key.size());
  return entry;
}

Entry* Entry::make_reference(std::string_view key, Type type, Encoding encoding,
                             Reference reference, int64_t expiry_ms) {
  Entry* const entry = make(key, type, encoding, sizeof reference, expiry_ms);
  entry->flags_ |= kReference;
  entry->set_reference(reference);
  return entry;
}

void Entry::release(Entry* entry) { std::free(entry); }

size_t Entry::size_with(size_t value_size) const {
  return static_cast<size_t>(value() - reinterpret_cast<const char*>(this)) + value_size;
}

bool Entry::fits(size_t size) const {
  return !is_reference() &&
         allocation_size(size_with(size)) == allocation_size(size_with(value_size_));
}

Entry* Entry::with_key(std::string_view key, int64_t expiry_ms) const {
  Entry* const copy = make(key, type(), encoding(), value_size_, expiry_ms);
  copy->flags_ |= flags_ & kReference;
  std::memcpy(copy->accessed_, accessed_, sizeof accessed_);
  std::memcpy(copy->value(), value(), value_size_);
  return copy;
}

size_t Entry::allocated() const { return allocation_size(size_with(value_size_)); }

}  // namespace slotway::backend
