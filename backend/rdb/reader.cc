#include "backend/rdb/reader.h"

#include <liblzf/lzf.h>

#include <bit>
#include <charconv>
#include <cstdlib>
#include <limits>

namespace slotway::backend {

namespace {

// No compressed byte stands for more.
constexpr uint64_t kMostExpansion = 100;

uint64_t big_endian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

}  // namespace

std::string_view RdbReader::raw(uint64_t size) {
  if (failed_ || size > rest_.size()) {
    failed_ = true;
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

uint8_t RdbReader::byte() {
  const std::string_view bytes = raw(1);
  return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
}

template <typename Number>
Number RdbReader::little_endian() {
  const std::string_view bytes = raw(sizeof(Number));
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<Number>(number);
}

uint64_t RdbReader::length_or_kind(bool& special) {
  const uint8_t first = byte();
  const uint8_t kind = first >> 6;
  special = kind == kLengthSpecial;
  if (special || kind == kLength6) return first & 0x3f;
  if (kind == kLength14) return (first & uint64_t{0x3f}) << 8 | byte();
  if (first == kLength32) return big_endian(raw(4));
  if (first == kLength64) return big_endian(raw(8));
  failed_ = true;
  return 0;
}

uint64_t RdbReader::length() {
  bool special = false;
  const uint64_t length = length_or_kind(special);
  if (special) failed_ = true;
  return length;
}

uint64_t RdbReader::count() {
  const uint64_t count = length();
  if (count > rest_.size()) failed_ = true;
  return count;
}

std::string_view RdbReader::number_text(int64_t number) {
  if (failed_) return {};
  return made_.emplace_back(std::to_string(number));
}

std::string_view RdbReader::compressed() {
  const uint64_t size = length();
  const uint64_t whole = length();
  const std::string_view bytes = raw(size);
  if (failed_ || whole == 0 || whole / kMostExpansion > size ||
      whole > std::numeric_limits<unsigned>::max() || size > std::numeric_limits<unsigned>::max()) {
    failed_ = true;
    return {};
  }
  std::string text(whole, '\0');
  if (lzf_decompress(bytes.data(), static_cast<unsigned>(size), text.data(),
                     static_cast<unsigned>(whole)) != whole) {
    failed_ = true;
    return {};
  }
  return made_.emplace_back(std::move(text));
}

std::string_view RdbReader::string() {
  bool special = false;
  const uint64_t length = length_or_kind(special);
  if (!special) return raw(length);
  switch (length) {
    case kStringInt8:
      return number_text(little_endian<int8_t>());
    case kStringInt16:
      return number_text(little_endian<int16_t>());
    case kStringInt32:
      return number_text(little_endian<int32_t>());
    case kStringLzf:
      return compressed();
    default:
      failed_ = true;
      return {};
  }
}

double RdbReader::real() { return std::bit_cast<double>(little_endian<uint64_t>()); }

double RdbReader::real_as_text() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const uint8_t size = byte();
  if (size == 255) return -kInfinity;
  if (size == 254) return kInfinity;
  if (size == 253) return std::numeric_limits<double>::quiet_NaN();
  const std::string text(raw(size));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) failed_ = true;
  return value;
}

}  // namespace slotway::backend
