#include "tests/bench/load/key_values.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace slotway::load {

namespace {

constexpr size_t kDigits = 10;  // of the greatest number

// "00", "01" and so on: two digits at once halve the divisions.
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

std::string_view with_number(std::string& name, KeyNumber number) {
  char* const end = name.data() + name.size();
  for (size_t done = 2; done <= kDigits; done += 2, number /= 100) {
    std::memcpy(end - done, &kPairs[number % 100 * 2], 2);
  }
  return name;
}

}  // namespace

KeyValues::KeyValues(size_t key_size, size_t value_size)
    : value_size_(value_size),
      value_header_("$" + std::to_string(value_size) + "\r\n"),
      key_("key:" + std::string(key_size - 4, '0')),
      counter_("cnt:" + std::string(key_size - 4, '0')) {}

std::string_view KeyValues::key(KeyNumber number) { return with_number(key_, number); }

std::string_view KeyValues::counter(KeyNumber number) { return with_number(counter_, number); }

std::string_view KeyValues::value(KeyNumber number) {
  value_.resize(value_size_);
  const std::string_view name = key(number);
  std::memcpy(value_.data(), name.data(), name.size());
  // Each copy doubles what is there.
  for (size_t size = name.size(); size < value_size_;) {
    const size_t more = std::min(size, value_size_ - size);
    std::memcpy(value_.data() + size, value_.data(), more);
    size += more;
  }
  return value_;
}

bool KeyValues::is_value_of(KeyNumber number, std::string_view bytes) {
  const std::string_view name = key(number);
  if (bytes.size() != value_size_ || !bytes.starts_with(name)) return false;
  // What repeats after so many bytes is equal to itself shifted by as many.
  return bytes.substr(name.size()) == bytes.substr(0, bytes.size() - name.size());
}

}  // namespace slotway::load
