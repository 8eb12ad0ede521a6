#include "backend/rdb/old_encodings.h"

#include <cstdint>
#include <optional>

namespace slotway::backend {

namespace {

constexpr uint8_t kEnd = 0xff;

// Goes forward over bytes. Once it was asked for more than there are, failed().
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : all_(bytes) {}

  bool failed() const { return failed_; }
  void fail() { failed_ = true; }
  size_t position() const { return position_; }
  bool at_end() const { return position_ == all_.size(); }

  std::string_view take(uint64_t size) {
    if (failed_ || size > all_.size() - position_) {
      failed_ = true;
      return {};
    }
    position_ += size;
    return all_.substr(position_ - size, size);
  }
  uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<uint8_t>(one[0]);
  }
  // The byte that comes next, which stays.
  uint8_t peek() {
    const uint8_t next = byte();
    if (!failed_) --position_;
    return next;
  }
  uint64_t little_endian(size_t size) {
    const std::string_view bytes = take(size);
    uint64_t number = 0;
    for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
    return number;
  }
  // The same with a sign.
  int64_t number(size_t size) {
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    return static_cast<int64_t>(little_endian(size) << unused) >> unused;
  }
  uint64_t big_endian(size_t size) {
    uint64_t number = 0;
    for (const char c : take(size)) number = number << 8 | static_cast<uint8_t>(c);
    return number;
  }

 private:
  const std::string_view all_;
  size_t position_ = 0;
  bool failed_ = false;
};

// ---- ziplists

constexpr uint8_t kLongPrevious = 0xfe;
constexpr uint8_t kInt16 = 0xc0;
constexpr uint8_t kInt32 = 0xd0;
constexpr uint8_t kInt64 = 0xe0;
constexpr uint8_t kInt24 = 0xf0;
constexpr uint8_t kInt8 = 0xfe;
constexpr uint8_t kFirstImmediate = 0xf1;  // 0
constexpr uint8_t kLastImmediate = 0xfd;   // 12
constexpr uint64_t kCountUnknown = 0xffff;

std::optional<int64_t> ziplist_number(uint8_t encoding, Bytes& bytes) {
  switch (encoding) {
    case kInt8:
      return bytes.number(1);
    case kInt16:
      return bytes.number(2);
    case kInt24:
      return bytes.number(3);
    case kInt32:
      return bytes.number(4);
    case kInt64:
      return bytes.number(8);
    default:
      if (encoding < kFirstImmediate || encoding > kLastImmediate) return std::nullopt;
      return encoding - kFirstImmediate;
  }
}

void ziplist_element(Bytes& bytes, RdbValue& value) {
  const uint8_t encoding = bytes.byte();
  switch (encoding >> 6) {
    case 0:
      value.elements.push_back(bytes.take(encoding & 0x3f));
      return;
    case 1:
      value.elements.push_back(bytes.take((encoding & uint64_t{0x3f}) << 8 | bytes.byte()));
      return;
    case 2:
      if (encoding != 0x80) return bytes.fail();
      value.elements.push_back(bytes.take(bytes.big_endian(4)));
      return;
    default:
      const auto number = ziplist_number(encoding, bytes);
      if (!number) return bytes.fail();
      value.elements.push_back(value.made.emplace_back(std::to_string(*number)));
  }
}

}  // namespace

bool decode_ziplist(std::string_view all, RdbValue& value) {
  Bytes bytes(all);
  const uint64_t size = bytes.little_endian(4);
  const uint64_t last = bytes.little_endian(4);
  const uint64_t count = bytes.little_endian(2);
  const size_t header = bytes.position();
  const size_t before = value.elements.size();
  size_t begin = header;
  size_t previous_size = 0;
  while (!bytes.failed() && bytes.peek() != kEnd) {
    begin = bytes.position();
    const uint8_t short_size = bytes.byte();
    if (short_size == kEnd) return false;
    const uint64_t said = short_size == kLongPrevious ? bytes.little_endian(4) : short_size;
    if (said != previous_size) return false;
    ziplist_element(bytes, value);
    previous_size = bytes.position() - begin;
  }
  bytes.byte();
  const uint64_t seen = value.elements.size() - before;
  return !bytes.failed() && bytes.at_end() && size == all.size() && last == begin &&
         (count == kCountUnknown || count == seen);
}

// ---- zipmaps

bool decode_zipmap(std::string_view all, RdbValue& value) {
  constexpr uint8_t kLong = 254;  // four bytes of length follow; as a count: go and see
  Bytes bytes(all);
  const auto text = [&](bool is_value) {
    const uint8_t first = bytes.byte();
    if (first == kEnd) bytes.fail();
    const uint64_t size = first == kLong ? bytes.little_endian(4) : first;
    const uint8_t unused = is_value ? bytes.byte() : 0;
    value.elements.push_back(bytes.take(size));
    bytes.take(unused);
  };
  const uint8_t count = bytes.byte();
  uint64_t pairs = 0;
  for (; !bytes.failed() && bytes.peek() != kEnd; ++pairs) {
    text(false);
    text(true);
  }
  bytes.byte();
  return !bytes.failed() && bytes.at_end() && (count >= kLong || count == pairs);
}

}  // namespace slotway::backend
