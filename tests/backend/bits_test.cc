#include "backend/types/bits.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace slotway::backend {

namespace {

std::string random_bytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  // Long runs of the same byte, as bitmaps have them.
  const uint64_t kind = random() % 4;
  for (char& byte : bytes) {
    byte = static_cast<char>(kind == 0 ? 0 : kind == 1 ? 0xff : random());
    if (kind < 2 && random() % 50 == 0) byte = static_cast<char>(random());
  }
  return bytes;
}

std::vector<bool> bits_of(const std::string& bytes) {
  std::vector<bool> bits;
  for (const char byte : bytes) {
    for (int i = 7; i >= 0; --i) bits.push_back(static_cast<uint8_t>(byte) >> i & 1);
  }
  return bits;
}

}  // namespace

TEST_CASE("bits are counted and found as bit by bit") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string bytes = random_bytes(random, random() % 200);
    const std::vector<bool> bits = bits_of(bytes);
    CAPTURE(bytes.size());
    REQUIRE(count_bits(bytes) == static_cast<uint64_t>(std::count(bits.begin(), bits.end(), true)));
    if (bytes.empty()) continue;
    const uint64_t a = random() % bits.size();
    const uint64_t b = random() % bits.size();
    const BitRange range{std::min(a, b), std::max(a, b)};
    const auto first = bits.begin() + static_cast<std::ptrdiff_t>(range.first);
    const auto behind = bits.begin() + static_cast<std::ptrdiff_t>(range.last + 1);
    CAPTURE(range.first);
    CAPTURE(range.last);
    REQUIRE(count_bits(bytes, range) == static_cast<uint64_t>(std::count(first, behind, true)));
    for (const bool value : {false, true}) {
      const auto expected = std::find(first, behind, value);
      const auto found = find_bit(bytes, value, range);
      REQUIRE(found.has_value() == (expected != behind));
      if (found) REQUIRE(*found == static_cast<uint64_t>(expected - bits.begin()));
    }
    REQUIRE(bit_at(bytes, a) == bits[a]);
    REQUIRE_FALSE(bit_at(bytes, bits.size() + a));
  }
}

TEST_CASE("strings of different lengths are combined as if zeros followed them") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 1000; ++round) {
    const auto operation = static_cast<BitOperation>(random() % 4);
    std::vector<std::string> strings(operation == BitOperation::kNot ? 1 : 1 + random() % 20);
    size_t size = 0;
    const size_t longest = round % 100 == 0 ? 40'000 : 150;
    for (std::string& bytes : strings) {
      bytes = random_bytes(random, random() % longest);
      size = std::max(size, bytes.size());
    }
    const std::vector<std::string_view> sources(strings.begin(), strings.end());
    std::string result(size, 'x');
    combine_bits(operation, sources, result.data(), size);
    std::string expected = strings[0];
    expected.resize(size, '\0');
    for (size_t i = 0; i < size; ++i) {
      if (operation == BitOperation::kNot) expected[i] = static_cast<char>(~expected[i]);
      for (size_t j = 1; j < strings.size(); ++j) {
        const char other = i < strings[j].size() ? strings[j][i] : '\0';
        if (operation == BitOperation::kAnd) expected[i] &= other;
        if (operation == BitOperation::kOr) expected[i] |= other;
        if (operation == BitOperation::kXor) expected[i] ^= other;
      }
    }
    REQUIRE(result == expected);
  }
}

}  // namespace slotway::backend
