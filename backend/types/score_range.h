// ScoreRange, LexRange: the intervals of ZRANGEBYSCORE and ZRANGEBYLEX, and scores as text. Plain
// values; a LexRange refers to the text that it was read from.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::backend {

// A number as Redis reads it from an argument: decimal, hexadecimal, "inf"; no space in front, no
// NaN, no overflow.
std::optional<double> parse_score(std::string_view text);

struct ScoreRange {
  double min = 0;
  double max = 0;
  bool without_min = false;
  bool without_max = false;

  // "1.5", "(1.5", "-inf". Nothing if one of them is not a number.
  static std::optional<ScoreRange> parse(std::string_view min, std::string_view max);

  bool is_before(double score, std::string_view) const {
    return without_min ? score <= min : score < min;
  }
  bool is_not_behind(double score, std::string_view) const {
    return without_max ? score < max : score <= max;
  }
};

// Of members whose scores are all the same.
struct LexRange {
  struct Bound {
    enum class Kind : uint8_t { kBelowAll, kWith, kWithout, kAboveAll };
    Kind kind = Kind::kBelowAll;
    std::string_view bytes = {};  // of kWith and kWithout
  };
  Bound min;
  Bound max;

  // "-", "+", "[abc", "(abc". Nothing if one of them is something else.
  static std::optional<LexRange> parse(std::string_view min, std::string_view max);

  bool is_before(double, std::string_view bytes) const {
    switch (min.kind) {
      case Bound::Kind::kBelowAll:
        return false;
      case Bound::Kind::kWith:
        return bytes < min.bytes;
      case Bound::Kind::kWithout:
        return bytes <= min.bytes;
      case Bound::Kind::kAboveAll:
        break;
    }
    return true;
  }
  bool is_not_behind(double, std::string_view bytes) const {
    switch (max.kind) {
      case Bound::Kind::kBelowAll:
        return false;
      case Bound::Kind::kWith:
        return bytes <= max.bytes;
      case Bound::Kind::kWithout:
        return bytes < max.bytes;
      case Bound::Kind::kAboveAll:
        break;
    }
    return true;
  }
};

// Ranks from `first` on.
struct RankRange {
  uint64_t first = 0;
  uint64_t count = 0;
};

// The ranks of what a ScoreRange or a LexRange holds of a SortedSet.
template <typename Set, typename Range>
RankRange ranks_in(const Set& set, const Range& range) {
  const uint64_t first = set.count_before(
      [&range](double score, std::string_view bytes) { return range.is_before(score, bytes); });
  const uint64_t behind = set.count_before(
      [&range](double score, std::string_view bytes) { return range.is_not_behind(score, bytes); });
  return {first, behind > first ? behind - first : 0};
}

// The ranks from `start` to `stop`, both included and counted from the end if they are negative, of
// `size` members.
RankRange ranks_between(int64_t start, int64_t stop, uint64_t size);

}  // namespace slotway::backend
