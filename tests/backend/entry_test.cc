#include "backend/engine/entry.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace slotway::backend {

TEST_CASE("key, value and expiry come back, for short and long keys") {
  for (const size_t key_size : {0, 1, 17, 255, 256, 70000}) {
    for (const size_t value_size : {0, 1, 32, 4096}) {
      for (const int64_t expiry : {Entry::kNoExpiry, int64_t{0}, int64_t{1} << 60, int64_t{-5}}) {
        const std::string key(key_size, 'k');
        const std::string value(value_size, 'v');
        Entry* const entry = Entry::make(key, Type::kHash, Encoding::kRaw, value_size, expiry);
        std::memcpy(entry->value(), value.data(), value.size());
        CHECK(entry->key() == key);
        CHECK(std::string_view(entry->value(), entry->value_size()) == value);
        CHECK(entry->type() == Type::kHash);
        CHECK(entry->encoding() == Encoding::kRaw);
        CHECK(entry->has_expiry() == (expiry != Entry::kNoExpiry));
        CHECK(entry->expiry_ms() == expiry);
        CHECK_FALSE(entry->is_reference());
        Entry::release(entry);
      }
    }
  }
}

TEST_CASE("a copy with another expiry has everything else") {
  Entry* const entry = Entry::make("key", Type::kString, Encoding::kEmbstr, 5, Entry::kNoExpiry);
  std::memcpy(entry->value(), "value", 5);
  entry->set_accessed(0xabcdef);
  Entry* const expiring = entry->with_expiry(1234);
  CHECK(expiring->expiry_ms() == 1234);
  CHECK(expiring->key() == "key");
  CHECK(std::string_view(expiring->value(), 5) == "value");
  CHECK(expiring->accessed() == 0xabcdef);
  Entry* const lasting = expiring->with_expiry(Entry::kNoExpiry);
  CHECK_FALSE(lasting->has_expiry());
  CHECK(lasting->allocated() == entry->allocated());
  for (Entry* each : {entry, expiring, lasting}) Entry::release(each);
}

TEST_CASE("a reference survives beside key and expiry") {
  int object = 0;
  Entry* const entry = Entry::make_reference("k", Type::kString, Encoding::kRaw, {&object, 99}, 5);
  CHECK(entry->is_reference());
  CHECK(entry->reference().object == &object);
  CHECK(entry->reference().size == 99);
  CHECK_FALSE(entry->fits(16));
  Entry* const copy = entry->with_expiry(Entry::kNoExpiry);
  CHECK(copy->is_reference());
  CHECK(copy->reference().object == &object);
  Entry::release(entry);
  Entry::release(copy);
}

TEST_CASE("a short value costs eight bytes of header") {
  Entry* const entry =
      Entry::make("user:000000000001", Type::kString, Encoding::kEmbstr, 32, Entry::kNoExpiry);
  CHECK(entry->allocated() == 64);
  CHECK(entry->fits(39));
  CHECK_FALSE(entry->fits(40));
  Entry::release(entry);
}

}  // namespace slotway::backend
