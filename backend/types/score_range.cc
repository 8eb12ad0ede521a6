#include "backend/types/score_range.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

#include "wire/number.h"

namespace slotway::backend {

namespace {

// Numbers that a double holds exactly and that need no conversion.
std::optional<double> parse_short_integer(std::string_view text) {
  constexpr size_t kDigits = 15;
  if (text.size() > kDigits) return std::nullopt;
  const auto number = wire::parse_integer(text);
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// strtod() of the text up to a NUL in it; `used` is how many bytes it took.
double convert(std::string_view text, size_t& used) {
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(terminated.c_str(), &end);
  used = static_cast<size_t>(end - terminated.c_str());
  return value;
}

struct ScoreBound {
  double score;
  bool without;
};

// Space in front, nothing at all and what comes behind a NUL do not matter here.
std::optional<ScoreBound> parse_score_bound(std::string_view text) {
  const bool without = !text.empty() && text[0] == '(';
  if (without) text.remove_prefix(1);
  if (const auto number = parse_short_integer(text)) return ScoreBound{*number, without};
  size_t used = 0;
  const double score = convert(text, used);
  if ((used < text.size() && text[used] != '\0') || std::isnan(score)) return std::nullopt;
  return ScoreBound{score, without};
}

std::optional<LexRange::Bound> parse_lex_bound(std::string_view text) {
  using Kind = LexRange::Bound::Kind;
  if (text.empty()) return std::nullopt;
  const bool is_alone = text.size() == 1 || text[1] == '\0';
  const std::string_view bytes = text.substr(1);
  switch (text[0]) {
    case '-':
      if (is_alone) return LexRange::Bound{Kind::kBelowAll, {}};
      return std::nullopt;
    case '+':
      if (is_alone) return LexRange::Bound{Kind::kAboveAll, {}};
      return std::nullopt;
    case '[':
      return LexRange::Bound{Kind::kWith, bytes};
    case '(':
      return LexRange::Bound{Kind::kWithout, bytes};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<double> parse_score(std::string_view text) {
  if (const auto number = parse_short_integer(text)) return number;
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  size_t used = 0;
  const double score = convert(text, used);
  if (used != text.size() || std::isnan(score)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(score) || score == 0)) return std::nullopt;
  return score;
}

std::optional<ScoreRange> ScoreRange::parse(std::string_view min, std::string_view max) {
  const auto from = parse_score_bound(min);
  const auto to = parse_score_bound(max);
  if (!from || !to) return std::nullopt;
  return ScoreRange{from->score, to->score, from->without, to->without};
}

std::optional<LexRange> LexRange::parse(std::string_view min, std::string_view max) {
  const auto from = parse_lex_bound(min);
  const auto to = parse_lex_bound(max);
  if (!from || !to) return std::nullopt;
  return LexRange{*from, *to};
}

RankRange ranks_between(int64_t start, int64_t stop, uint64_t size) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = start < -length ? 0 : start + length;
  if (stop < 0) stop += length;
  if (stop >= length) stop = length - 1;
  if (start > stop) return {};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start) + 1};
}

}  // namespace slotway::backend
