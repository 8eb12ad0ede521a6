#include "backend/types/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace slotway::backend {

namespace {

using Word = uint64_t;
constexpr size_t kWord = sizeof(Word);

Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, kWord);
  return word;
}

// The last bytes of a string, fewer than a word, with zeros behind.
Word load(const char* from, size_t size) {
  Word word = 0;
  if (size > 0) std::memcpy(&word, from, size);
  return word;
}

// Four sums, because one would wait for itself. Inlined into each of its users, so that it is
// compiled for their instruction sets.
[[gnu::always_inline]] inline uint64_t count_words(const char* at, size_t size) {
  uint64_t sums[4] = {};
  for (; size >= 4 * kWord; at += 4 * kWord, size -= 4 * kWord) {
    for (size_t i = 0; i < 4; ++i) {
      sums[i] += static_cast<uint64_t>(std::popcount(load(at + i * kWord)));
    }
  }
  for (; size >= kWord; at += kWord, size -= kWord) {
    sums[0] += static_cast<uint64_t>(std::popcount(load(at)));
  }
  sums[1] += static_cast<uint64_t>(std::popcount(load(at, size)));
  return sums[0] + sums[1] + sums[2] + sums[3];
}

#if defined(__x86_64__) && !defined(__POPCNT__)
[[gnu::target("popcnt")]] uint64_t count_by_instruction(const char* at, size_t size) {
  return count_words(at, size);
}
#endif

// The first bit that is set, counted from `bytes`, or none. With `flipped`, that is clear.
std::optional<uint64_t> find_set(std::string_view bytes, bool flipped) {
  const Word flip = flipped ? ~Word{0} : 0;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= kWord && (load(at) ^ flip) == 0; at += kWord) left -= kWord;
  for (; left > 0; ++at, --left) {
    const auto byte = static_cast<uint8_t>(static_cast<uint8_t>(*at) ^ flip);
    if (byte == 0) continue;
    return static_cast<uint64_t>(at - bytes.data()) * 8 +
           static_cast<uint64_t>(std::countl_zero(byte));
  }
  return std::nullopt;
}

template <typename Apply>
void combine_into(char* __restrict to, const char* __restrict from, size_t size, Apply apply) {
  for (; size >= 4 * kWord; to += 4 * kWord, from += 4 * kWord, size -= 4 * kWord) {
    Word words[4];
    for (size_t i = 0; i < 4; ++i) words[i] = apply(load(to + i * kWord), load(from + i * kWord));
    std::memcpy(to, words, sizeof words);
  }
  for (; size > 0; ++to, ++from, --size) {
    *to = static_cast<char>(apply(static_cast<uint8_t>(*to), static_cast<uint8_t>(*from)));
  }
}

void combine_into(BitOperation operation, char* to, const char* from, size_t size) {
  switch (operation) {
    case BitOperation::kAnd:
      return combine_into(to, from, size, [](Word a, Word b) { return a & b; });
    case BitOperation::kOr:
      return combine_into(to, from, size, [](Word a, Word b) { return a | b; });
    case BitOperation::kXor:
      return combine_into(to, from, size, [](Word a, Word b) { return a ^ b; });
    case BitOperation::kNot:
      return combine_into(to, from, size, [](Word, Word b) { return ~b; });
  }
}

}  // namespace

uint64_t count_bits(std::string_view bytes) {
#if defined(__x86_64__) && !defined(__POPCNT__)
  static const bool has_instruction = __builtin_cpu_supports("popcnt");
  if (has_instruction) return count_by_instruction(bytes.data(), bytes.size());
#endif
  return count_words(bytes.data(), bytes.size());
}

uint64_t count_bits(std::string_view bytes, BitRange range) {
  const size_t begin = range.first / 8;
  const size_t end = range.last / 8;
  const unsigned before = static_cast<uint8_t>(bytes[begin]) & ~(0xffu >> range.first % 8);
  const unsigned behind = static_cast<uint8_t>(bytes[end]) & (0x7fu >> range.last % 8);
  return count_bits(bytes.substr(begin, end - begin + 1)) -
         static_cast<uint64_t>(std::popcount(before & 0xff)) -
         static_cast<uint64_t>(std::popcount(behind));
}

std::optional<uint64_t> find_bit(std::string_view bytes, bool value, BitRange range) {
  const size_t begin = range.first / 8;
  const size_t end = range.last / 8;
  // What stands before the range in its first byte does not count.
  const auto byte = static_cast<uint8_t>(bytes[begin] ^ (value ? 0 : 0xff));
  const auto first = static_cast<uint8_t>(byte & (0xff >> range.first % 8));
  std::optional<uint64_t> found;
  if (first != 0) {
    found = begin * 8 + static_cast<uint64_t>(std::countl_zero(first));
  } else {
    found = find_set(bytes.substr(begin + 1, end - begin), !value);
    if (found) *found += (begin + 1) * 8;
  }
  return found && *found <= range.last ? found : std::nullopt;
}

void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* result,
                  size_t size) {
  // So much of the result stays in the nearest cache while one source after the other comes in.
  constexpr size_t kPiece = 8 * 1024;
  for (size_t begin = 0; begin < size; begin += kPiece) {
    const size_t piece = std::min(kPiece, size - begin);
    for (size_t i = 0; i < sources.size(); ++i) {
      const size_t there =
          sources[i].size() > begin ? std::min(sources[i].size() - begin, piece) : 0;
      const char* const from = there > 0 ? sources[i].data() + begin : nullptr;
      char* const to = result + begin;
      if (operation == BitOperation::kNot) {
        combine_into(operation, to, from, there);
      } else if (i == 0) {
        if (there > 0) std::memcpy(to, from, there);
        std::memset(to + there, 0, piece - there);
      } else {
        combine_into(operation, to, from, there);
        if (operation == BitOperation::kAnd) std::memset(to + there, 0, piece - there);
      }
    }
  }
}

}  // namespace slotway::backend
