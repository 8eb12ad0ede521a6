#include "backend/rdb/writer.h"

#include <liblzf/lzf.h>

#include <bit>
#include <limits>

#include "wire/number.h"

namespace slotway::backend {

namespace {

constexpr size_t kLongestNumber = 11;
constexpr size_t kShortestCompressed = 21;
constexpr size_t kLeastGain = 4;
constexpr size_t kMostCompressed = std::numeric_limits<unsigned>::max();

template <typename Number>
bool fits(int64_t value) {
  return value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
}

constexpr char special(uint8_t kind) { return static_cast<char>(kLengthSpecial << 6 | kind); }

}  // namespace

void RdbWriter::length(uint64_t length) {
  if (length < 1 << 6) {
    bytes_ += static_cast<char>(kLength6 << 6 | length);
  } else if (length < 1 << 14) {
    bytes_ += static_cast<char>(kLength14 << 6 | length >> 8);
    bytes_ += static_cast<char>(length);
  } else if (length <= std::numeric_limits<uint32_t>::max()) {
    bytes_ += static_cast<char>(kLength32);
    big_endian(static_cast<uint32_t>(length));
  } else {
    bytes_ += static_cast<char>(kLength64);
    big_endian(length);
  }
}

bool RdbWriter::short_number(std::string_view text) {
  if (text.size() > kLongestNumber) return false;
  const auto number = wire::parse_integer(text);
  if (!number) return false;
  if (fits<int8_t>(*number)) {
    bytes_ += special(kStringInt8);
    little_endian(static_cast<int8_t>(*number));
  } else if (fits<int16_t>(*number)) {
    bytes_ += special(kStringInt16);
    little_endian(static_cast<int16_t>(*number));
  } else if (fits<int32_t>(*number)) {
    bytes_ += special(kStringInt32);
    little_endian(static_cast<int32_t>(*number));
  } else {
    return false;
  }
  return true;
}

bool RdbWriter::compressed(std::string_view text) {
  if (!compresses_ || text.size() < kShortestCompressed || text.size() > kMostCompressed) {
    return false;
  }
  std::string shorter(text.size() - kLeastGain, '\0');
  const unsigned size = lzf_compress(text.data(), static_cast<unsigned>(text.size()),
                                     shorter.data(), static_cast<unsigned>(shorter.size()));
  if (size == 0) return false;
  bytes_ += special(kStringLzf);
  length(size);
  length(text.size());
  bytes_.append(shorter, 0, size);
  return true;
}

void RdbWriter::string(std::string_view text) {
  if (short_number(text) || compressed(text)) return;
  length(text.size());
  bytes_ += text;
}

void RdbWriter::real(double value) { little_endian(std::bit_cast<uint64_t>(value)); }

}  // namespace slotway::backend
