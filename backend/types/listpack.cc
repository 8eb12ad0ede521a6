#include "backend/types/listpack.h"

#include <algorithm>
#include <charconv>

#include "wire/number.h"

namespace slotway::backend::listpack {

namespace {

constexpr unsigned char kEnd = 0xff;
constexpr size_t kLongestNumber = 20;

// The first byte of an element says what it is; these are all that have no room for the number or
// the length beside it.
constexpr unsigned char kString32 = 0xf0;
constexpr unsigned char kInteger16 = 0xf1;
constexpr unsigned char kInteger24 = 0xf2;
constexpr unsigned char kInteger32 = 0xf3;
constexpr unsigned char kInteger64 = 0xf4;

constexpr bool is_integer7(unsigned char c) { return (c & 0x80) == 0; }
constexpr bool is_string6(unsigned char c) { return (c & 0xc0) == 0x80; }
constexpr bool is_integer13(unsigned char c) { return (c & 0xe0) == 0xc0; }
constexpr bool is_string12(unsigned char c) { return (c & 0xf0) == 0xe0; }

unsigned char byte_at(const char* p) { return static_cast<unsigned char>(*p); }

// Little-endian, `bytes` of them.
uint64_t load(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{byte_at(from + i)} << (8 * i);
  return value;
}
void store(char* to, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(value >> (8 * i));
}
int64_t sign_extended(uint64_t value, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<int64_t>(value << unused) >> unused;
}

// How many bytes the number of an integer element takes behind the first byte.
size_t wide_integer_bytes(unsigned char code) {
  switch (code) {
    case kInteger16:
      return 2;
    case kInteger24:
      return 3;
    case kInteger32:
      return 4;
    default:
      return 8;
  }
}

// The bytes that the size of the rest of an element takes behind it.
size_t back_size_bytes(size_t body) {
  return body < 1u << 7 ? 1 : body < 1u << 14 ? 2 : body < 1u << 21 ? 3 : body < 1u << 28 ? 4 : 5;
}

void write_back_size(char* to, size_t body) {
  const size_t bytes = back_size_bytes(body);
  for (size_t i = 0; i < bytes; ++i) {
    const size_t group = body >> (7 * (bytes - 1 - i)) & 0x7f;
    to[i] = static_cast<char>(i == 0 ? group : group | 0x80);
  }
}

// Reads the size that ends in front of `behind`, and how many bytes it takes.
size_t read_back_size(const char* behind, size_t& bytes) {
  size_t size = 0;
  for (bytes = 1; bytes <= 5; ++bytes) {
    const unsigned char c = byte_at(behind - bytes);
    size |= size_t{c & 0x7fu} << (7 * (bytes - 1));
    if (!(c & 0x80)) return size;
  }
  return SIZE_MAX;
}

// An element's bytes without the size at the end, of which the first is at `p`.
size_t body_size(const char* p) {
  const unsigned char code = byte_at(p);
  if (is_integer7(code)) return 1;
  if (is_string6(code)) return 1 + (code & 0x3fu);
  if (is_integer13(code)) return 2;
  if (is_string12(code)) return 2 + ((code & 0x0fu) << 8 | byte_at(p + 1));
  if (code == kString32) return 5 + load(p + 1, 4);
  return 1 + wide_integer_bytes(code);
}

// The string of a string element.
std::optional<std::string_view> text_at(const char* p) {
  const unsigned char code = byte_at(p);
  if (is_string6(code)) return std::string_view(p + 1, code & 0x3fu);
  if (is_string12(code)) return std::string_view(p + 2, (code & 0x0fu) << 8 | byte_at(p + 1));
  if (code == kString32) return std::string_view(p + 5, load(p + 1, 4));
  return std::nullopt;
}

// The number of an integer element.
int64_t number_at(const char* p) {
  const unsigned char code = byte_at(p);
  if (is_integer7(code)) return code;
  if (is_integer13(code)) return sign_extended((code & 0x1fu) << 8 | byte_at(p + 1), 13);
  const size_t bytes = wide_integer_bytes(code);
  return sign_extended(load(p + 1, bytes), static_cast<unsigned>(8 * bytes));
}

size_t integer_body(int64_t value) {
  const auto fits = [value](int bits) {
    const int64_t limit = int64_t{1} << (bits - 1);
    return value >= -limit && value < limit;
  };
  if (value >= 0 && value < 128) return 1;
  return fits(13) ? 2 : fits(16) ? 3 : fits(24) ? 4 : fits(32) ? 5 : 9;
}

size_t string_body(size_t size) { return size + (size < 64 ? 1 : size < 4096 ? 2 : 5); }

}  // namespace

void make_empty(char* pack) {
  store(pack, kEmptySize, 4);
  store(pack + 4, 0, 2);
  pack[kHeaderSize] = static_cast<char>(kEnd);
}

size_t total_size(const char* pack) {
  uint32_t size;
  std::memcpy(&size, pack, sizeof size);
  return size;
}

size_t count(const char* pack) {
  uint16_t known;
  std::memcpy(&known, pack + 4, sizeof known);
  if (known != kCountUnknown) return known;
  size_t elements = 0;
  for (size_t at = first(pack); at < end(pack); at = next(pack, at)) ++elements;
  return elements;
}

size_t element_size(const char* pack, size_t at) {
  const size_t body = body_size(pack + at);
  return body + back_size_bytes(body);
}

size_t previous(const char* pack, size_t at) {
  size_t bytes = 0;
  const size_t body = read_back_size(pack + at, bytes);
  return at - bytes - body;
}

size_t seek(const char* pack, int64_t index) {
  const size_t behind_last = end(pack);
  size_t at = kHeaderSize;
  if (index >= 0) {
    uint16_t known;
    std::memcpy(&known, pack + 4, sizeof known);
    // From the nearer end.
    if (known == kCountUnknown || index < known / 2) {
      for (; index > 0 && at < behind_last; --index) at = next(pack, at);
      return at;
    }
    if (index >= known) return behind_last;
    index -= known;
  }
  at = behind_last;
  for (; index < 0; ++index) {
    if (at == kHeaderSize) return behind_last;
    at = previous(pack, at);
  }
  return at;
}

std::string_view get(const char* pack, size_t at, ElementText& text) {
  if (const auto string = text_at(pack + at)) return *string;
  char* const behind =
      std::to_chars(text.digits, text.digits + sizeof text.digits, number_at(pack + at)).ptr;
  return {text.digits, static_cast<size_t>(behind - text.digits)};
}

std::optional<int64_t> get_integer(const char* pack, size_t at) {
  if (text_at(pack + at)) return std::nullopt;
  return number_at(pack + at);
}

bool equals(const char* pack, size_t at, std::string_view value) {
  if (const auto string = text_at(pack + at)) return *string == value;
  ElementText text;
  return get(pack, at, text) == value;
}

Value::Value(std::string_view text) : text_(text) {
  if (text.size() <= kLongestNumber) number_ = wire::parse_integer(text);
  body_ = number_ ? integer_body(*number_) : string_body(text.size());
  size_ = body_ + back_size_bytes(body_);
}

void Value::write(char* to) const {
  if (number_) {
    const auto bits = static_cast<uint64_t>(*number_);
    switch (body_) {
      case 1:
        to[0] = static_cast<char>(bits);
        break;
      case 2:
        to[0] = static_cast<char>(0xc0 | (bits >> 8 & 0x1f));
        to[1] = static_cast<char>(bits);
        break;
      default: {
        const size_t bytes = body_ - 1;
        constexpr unsigned char kCodes[] = {0, 0, kInteger16, kInteger24, kInteger32};
        to[0] = static_cast<char>(bytes == 8 ? kInteger64 : kCodes[bytes]);
        store(to + 1, bits, bytes);
      }
    }
  } else {
    const size_t size = text_.size();
    const size_t head = body_ - size;
    if (head == 1) {
      to[0] = static_cast<char>(0x80 | size);
    } else if (head == 2) {
      to[0] = static_cast<char>(0xe0 | size >> 8);
      to[1] = static_cast<char>(size);
    } else {
      to[0] = static_cast<char>(kString32);
      store(to + 1, size, 4);
    }
    if (size > 0) std::memcpy(to + head, text_.data(), size);
  }
  write_back_size(to + body_, body_);
}

bool Value::is_at(const char* pack, size_t at) const {
  const auto string = text_at(pack + at);
  if (string) return *string == text_;
  return number_ && number_at(pack + at) == *number_;
}

size_t find(const char* pack, size_t at, const Value& value, size_t skip) {
  const size_t behind_last = end(pack);
  while (at < behind_last) {
    if (value.is_at(pack, at)) return at;
    for (size_t i = 0; i <= skip && at < behind_last; ++i) at = next(pack, at);
  }
  return behind_last;
}

void note_change(char* pack, size_t new_size, int64_t more_elements) {
  store(pack, new_size, 4);
  const auto known = static_cast<int64_t>(load(pack + 4, 2));
  const auto unknown = static_cast<int64_t>(kCountUnknown);
  if (known == unknown) return;
  store(pack + 4, static_cast<uint64_t>(std::min(known + more_elements, unknown)), 2);
}

bool is_valid(std::string_view bytes) {
  if (bytes.size() < kEmptySize || total_size(bytes.data()) != bytes.size()) return false;
  const char* const pack = bytes.data();
  const size_t last = bytes.size() - 1;
  if (byte_at(pack + last) != kEnd) return false;
  size_t elements = 0;
  for (size_t at = kHeaderSize; at < last; ++elements) {
    const unsigned char code = byte_at(pack + at);
    if (code > kInteger64) return false;
    const size_t left = last - at;
    const size_t head = is_string12(code) ? 2 : code == kString32 ? 5 : 1;
    if (head > left) return false;
    const size_t body = body_size(pack + at);
    const size_t back = back_size_bytes(body);
    if (body > left || back > left - body) return false;
    char expected[5];
    write_back_size(expected, body);
    if (std::memcmp(expected, pack + at + body, back) != 0) return false;
    at += body + back;
  }
  const size_t known = load(pack + 4, 2);
  return known == kCountUnknown || known == elements;
}

}  // namespace slotway::backend::listpack
