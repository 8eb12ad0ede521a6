// Intset: a sorted array of different whole numbers in one piece of memory, for sets of such.
//
// The bytes are exactly those of Redis's format, so that DUMP payloads are copies of them: bytes of
// a number (u32: 2, 4 or 8), numbers (u32), the numbers, little-endian. All numbers are as wide as
// the widest that was ever there.
//
// Functions over memory that is the caller's; `Storage` is what listpack.h calls so. All but
// is_valid() trust the bytes. Stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace slotway::backend::intset {

inline constexpr size_t kHeaderSize = 8;

// Bytes of a set of these numbers, which are in ascending order.
size_t size_for(std::span<const int64_t> sorted);
void make(char* set, std::span<const int64_t> sorted);

size_t count(const char* set);
// The number at `index`, which is less than count().
int64_t at(const char* set, size_t index);
bool contains(const char* set, int64_t value);

// Whether these are a whole, well-formed set that is not empty, and nothing else: for bytes from
// outside. Reads nothing outside of `bytes`.
bool is_valid(std::string_view bytes);

namespace detail {
size_t width(const char* set);
size_t width_of(int64_t value);
// The index of the first number that is not less than `value`.
size_t lower_bound(const char* set, int64_t value);
// Makes the numbers wider; there is room for them.
void widen(char* set, size_t width);
// Both move the numbers behind. There is room for one more.
void insert_at(char* set, size_t index, int64_t value);
void erase_at(char* set, size_t index);
}  // namespace detail

// False if the number is there already.
template <typename Storage>
bool insert(Storage& storage, int64_t value) {
  const size_t width = detail::width_of(value);
  const bool is_wider = width > detail::width(storage.data());
  if (!is_wider && contains(storage.data(), value)) return false;
  const size_t numbers = count(storage.data()) + 1;
  storage.resize(kHeaderSize + numbers * (is_wider ? width : detail::width(storage.data())));
  char* const set = storage.data();
  if (is_wider) detail::widen(set, width);
  detail::insert_at(set, detail::lower_bound(set, value), value);
  return true;
}

// False if the number is not there.
template <typename Storage>
bool erase(Storage& storage, int64_t value) {
  char* const set = storage.data();
  if (!contains(set, value)) return false;
  detail::erase_at(set, detail::lower_bound(set, value));
  storage.resize(kHeaderSize + count(set) * detail::width(set));
  return true;
}

}  // namespace slotway::backend::intset
