#include "backend/types/hyperloglog_sparse.h"

#include <array>

namespace slotway::backend {

namespace {

constexpr uint8_t kLongZeros = 0x40;
constexpr uint8_t kValues = 0x80;
constexpr uint32_t kShortestLong = 65;  // more zeros than a short run holds
constexpr uint32_t kMostValues = 4;

uint8_t byte_at(std::string_view value, size_t at) { return static_cast<uint8_t>(value[at]); }
bool is_long_zeros(uint8_t byte) { return (byte & 0xc0) == kLongZeros; }
bool is_values(uint8_t byte) { return byte & kValues; }

// Registers in the run that begins with a byte; 0 for a run of two bytes.
constexpr std::array<uint8_t, 256> kLengths = [] {
  std::array<uint8_t, 256> lengths{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (byte & kValues) {
      lengths[byte] = static_cast<uint8_t>((byte & 3) + 1);
    } else if (!(byte & kLongZeros)) {
      lengths[byte] = static_cast<uint8_t>((byte & 0x3f) + 1);
    }
  }
  return lengths;
}();

// Runs that take the place of one.
class Runs {
 public:
  void add_zeros(uint32_t length) {
    if (length == 0) return;
    const uint32_t bits = length - 1;
    if (length >= kShortestLong) push(kLongZeros | bits >> 8);
    push(bits);
  }
  void add_values(uint8_t value, uint32_t length) {
    if (length > 0) push(kValues | (value - 1u) << 2 | (length - 1));
  }
  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  void push(uint32_t byte) { bytes_[size_++] = static_cast<char>(byte); }

  char bytes_[5];  // long zeros, a value, long zeros
  size_t size_ = 0;
};

// Joins runs of the same value around a change, as far as Redis looks: five runs.
void join_values(std::string& value, size_t at) {
  for (int step = 0; step < 5 && at < value.size(); ++step) {
    const uint8_t byte = byte_at(value, at);
    if (!is_values(byte)) {
      at += is_long_zeros(byte) ? 2 : 1;
      continue;
    }
    if (at + 1 < value.size() && is_values(byte_at(value, at + 1))) {
      const HllRun left = hll_run_at(value, at);
      const HllRun right = hll_run_at(value, at + 1);
      if (left.value == right.value && left.length + right.length <= kMostValues) {
        Runs joined;
        joined.add_values(left.value, left.length + right.length);
        value.replace(at, 2, joined.bytes());
        continue;
      }
    }
    ++at;
  }
}

}  // namespace

HllRun hll_run_at(std::string_view value, size_t at) {
  const uint8_t byte = byte_at(value, at);
  if (is_values(byte)) {
    return {kLengths[byte], static_cast<uint8_t>((byte >> 2 & 0x1f) + 1), 1};
  }
  if (!is_long_zeros(byte)) return {kLengths[byte], 0, 1};
  const uint32_t low = at + 1 < value.size() ? byte_at(value, at + 1) : 0;
  return {((byte & 0x3fu) << 8 | low) + 1, 0, 2};
}

std::optional<HllPlace> find_hll_register(std::string_view value, uint32_t index,
                                          HllPosition begin) {
  HllPosition earlier = begin;
  HllPosition previous = begin;
  HllPosition position = begin;
  while (position.at < value.size()) {
    // Of all runs on the way, next to none have two bytes.
    uint32_t length = kLengths[byte_at(value, position.at)];
    size_t size = 1;
    if (length == 0) [[unlikely]] {
      length = hll_run_at(value, position.at).length;
      size = 2;
    }
    if (index - position.first < length) {
      if (position.at + size > value.size()) return std::nullopt;
      return HllPlace{position, hll_run_at(value, position.at), previous, earlier};
    }
    earlier = previous;
    previous = position;
    position.at += size;
    position.first += length;
  }
  return std::nullopt;
}

bool raise_hll_sparse(std::string& value, const HllPlace& place, HllElement element,
                      uint64_t most_bytes) {
  const HllRun& run = place.run;
  const uint32_t before = element.index - place.position.first;
  const uint32_t behind = run.length - before - 1;
  Runs runs;
  run.value == 0 ? runs.add_zeros(before) : runs.add_values(run.value, before);
  runs.add_values(element.rank, 1);
  run.value == 0 ? runs.add_zeros(behind) : runs.add_values(run.value, behind);
  const size_t size = runs.bytes().size();
  if (size > run.size && value.size() + size - run.size > most_bytes) return false;
  value.replace(place.position.at, run.size, runs.bytes());
  join_values(value, place.previous.at);
  return true;
}

}  // namespace slotway::backend
