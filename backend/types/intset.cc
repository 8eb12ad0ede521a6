#include "backend/types/intset.h"

namespace slotway::backend::intset {

namespace {

template <typename T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

int64_t load_number(const char* from, size_t width) {
  return width == 2 ? load<int16_t>(from) : width == 4 ? load<int32_t>(from) : load<int64_t>(from);
}

// The low bytes come first, on every machine that this is built for.
void store_number(char* to, int64_t value, size_t width) { std::memcpy(to, &value, width); }

void write_header(char* set, size_t width, size_t count) {
  const uint32_t header[] = {static_cast<uint32_t>(width), static_cast<uint32_t>(count)};
  std::memcpy(set, header, sizeof header);
}

char* address(char* set, size_t index) { return set + kHeaderSize + index * detail::width(set); }

// The first and the last are the widest.
size_t width_for(std::span<const int64_t> sorted) {
  const size_t first = detail::width_of(sorted.front());
  const size_t last = detail::width_of(sorted.back());
  return first > last ? first : last;
}

}  // namespace

size_t size_for(std::span<const int64_t> sorted) {
  return kHeaderSize + sorted.size() * width_for(sorted);
}

void make(char* set, std::span<const int64_t> sorted) {
  const size_t width = width_for(sorted);
  write_header(set, width, sorted.size());
  char* to = set + kHeaderSize;
  for (const int64_t value : sorted) {
    store_number(to, value, width);
    to += width;
  }
}

size_t count(const char* set) { return load<uint32_t>(set + 4); }

int64_t at(const char* set, size_t index) {
  const size_t width = detail::width(set);
  return load_number(set + kHeaderSize + index * width, width);
}

bool contains(const char* set, int64_t value) {
  const size_t index = detail::lower_bound(set, value);
  return index < count(set) && at(set, index) == value;
}

bool is_valid(std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return false;
  const char* const set = bytes.data();
  const size_t width = detail::width(set);
  if (width != 2 && width != 4 && width != 8) return false;
  const size_t numbers = count(set);
  if (numbers == 0 || bytes.size() - kHeaderSize != numbers * width) return false;
  for (size_t i = 1; i < numbers; ++i) {
    if (at(set, i - 1) >= at(set, i)) return false;
  }
  return true;
}

namespace detail {

size_t width(const char* set) { return load<uint32_t>(set); }

size_t width_of(int64_t value) {
  if (value == static_cast<int16_t>(value)) return 2;
  return value == static_cast<int32_t>(value) ? 4 : 8;
}

size_t lower_bound(const char* set, int64_t value) {
  size_t low = 0;
  size_t high = count(set);
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (at(set, middle) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void widen(char* set, size_t width) {
  const size_t old_width = detail::width(set);
  const char* const numbers = set + kHeaderSize;
  for (size_t i = count(set); i-- > 0;) {
    store_number(set + kHeaderSize + i * width, load_number(numbers + i * old_width, old_width),
                 width);
  }
  write_header(set, width, count(set));
}

void insert_at(char* set, size_t index, int64_t value) {
  const size_t numbers = count(set);
  char* const to = address(set, index);
  std::memmove(to + width(set), to, (numbers - index) * width(set));
  store_number(to, value, width(set));
  write_header(set, width(set), numbers + 1);
}

void erase_at(char* set, size_t index) {
  const size_t numbers = count(set) - 1;
  char* const to = address(set, index);
  std::memmove(to, to + width(set), (numbers - index) * width(set));
  write_header(set, width(set), numbers);
}

}  // namespace detail

}  // namespace slotway::backend::intset
