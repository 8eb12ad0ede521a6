// Listpack: a sequence of strings and integers in one piece of memory, for small values of every
// type.
//
// The bytes are exactly those of Redis's format, so that DUMP payloads are copies of them: total
// bytes (u32), number of elements (u16, 65535: count them), the elements, 0xff. An element is an
// encoding byte with a number or a length, the string's bytes, and its own size once more,
// backwards, for going back. Text that is a number in strict decimal form is kept as one. Source:
// "Listpack specification" of the Redis authors (antirez/listpack).
//
// Functions over memory that is the caller's; `Storage` is whatever holds a listpack and can change
// its size (packed_value.h, or a node of a list). A position is the offset of an element, or of the
// end mark. All but is_valid() trust the bytes. Stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace slotway::backend::listpack {

inline constexpr size_t kHeaderSize = 6;
inline constexpr size_t kEmptySize = kHeaderSize + 1;
// From here on the header no longer tells the number of elements.
inline constexpr size_t kCountUnknown = 65535;

// The text of an element that is kept as a number.
struct ElementText {
  char digits[24];
};

// Writes an empty listpack of kEmptySize bytes.
void make_empty(char* pack);

size_t total_size(const char* pack);
// Elements. O(1) below kCountUnknown.
size_t count(const char* pack);

inline size_t first(const char*) { return kHeaderSize; }
inline size_t end(const char* pack) { return total_size(pack) - 1; }
// Bytes of the element at `at`, with everything that belongs to it. Requires at < end.
size_t element_size(const char* pack, size_t at);
inline size_t next(const char* pack, size_t at) { return at + element_size(pack, at); }
// Requires at > first.
size_t previous(const char* pack, size_t at);
// The element number `index`, from the end if it is negative; end() if there is none.
size_t seek(const char* pack, int64_t index);

// The element at `at`: good until the listpack or `text` changes.
std::string_view get(const char* pack, size_t at, ElementText& text);
// Its number, if it is kept as one.
std::optional<int64_t> get_integer(const char* pack, size_t at);
// Whether the element is this string.
bool equals(const char* pack, size_t at, std::string_view value);

// A string, as an element would hold it; made once, compared or written often. A view.
class Value {
 public:
  explicit Value(std::string_view text);
  // Bytes of the element.
  size_t size() const { return size_; }
  // Writes it to `to`, which has room for size() bytes.
  void write(char* to) const;
  bool is_at(const char* pack, size_t at) const;

 private:
  std::string_view text_;
  std::optional<int64_t> number_;
  size_t body_;  // bytes without the size at the end
  size_t size_;
};

// The first element from `at` on that is `value`, looking at it and at each (skip + 1)th behind it;
// end() if there is none.
size_t find(const char* pack, size_t at, const Value& value, size_t skip = 0);

// For whoever moves the bytes of elements: writes into the header that there are so many bytes in
// all, and so many elements more than before.
void note_change(char* pack, size_t new_size, int64_t more_elements);

// Puts `inserted`, `values` elements, in the place of the `removed` elements from `at` on, which
// take `removed_size` bytes. Returns the position behind the inserted ones.
//
// Storage: `char* data()`, `size_t size()`, `void resize(size_t)`, which keeps the bytes and may
// move them. The values must not lie in the storage.
template <typename Storage>
size_t replace(Storage& storage, size_t at, size_t removed_size, size_t removed,
               const Value* values, size_t inserted) {
  size_t more = 0;
  for (size_t i = 0; i < inserted; ++i) more += values[i].size();
  const size_t old_size = storage.size();
  const size_t tail = at + removed_size;
  if (more > removed_size) storage.resize(old_size + more - removed_size);
  char* const pack = storage.data();
  if (more != removed_size) std::memmove(pack + at + more, pack + tail, old_size - tail);
  size_t to = at;
  for (size_t i = 0; i < inserted; ++i) {
    values[i].write(pack + to);
    to += values[i].size();
  }
  note_change(pack, old_size + more - removed_size,
              static_cast<int64_t>(inserted) - static_cast<int64_t>(removed));
  if (more < removed_size) storage.resize(old_size + more - removed_size);
  return to;
}

template <typename Storage>
size_t insert(Storage& storage, size_t at, const Value& value) {
  return replace(storage, at, 0, 0, &value, 1);
}
template <typename Storage>
void append(Storage& storage, const Value& value) {
  insert(storage, storage.size() - 1, value);
}
template <typename Storage>
void prepend(Storage& storage, const Value& value) {
  insert(storage, kHeaderSize, value);
}
// Takes `elements` elements from `at` on out; there are as many.
template <typename Storage>
void erase(Storage& storage, size_t at, size_t elements) {
  size_t behind = at;
  for (size_t i = 0; i < elements; ++i) behind = next(storage.data(), behind);
  replace(storage, at, behind - at, elements, nullptr, 0);
}
// Changes the element at `at` to `value`. Returns the position behind it.
template <typename Storage>
size_t assign(Storage& storage, size_t at, const Value& value) {
  return replace(storage, at, element_size(storage.data(), at), 1, &value, 1);
}

// Whether these are a whole, well-formed listpack and nothing else: for bytes from outside. Reads
// nothing outside of `bytes`.
bool is_valid(std::string_view bytes);

}  // namespace slotway::backend::listpack
