// Words: what stands in the place of an argument of which the name and type are known. Mostly what
// makes sense there, from few choices, so that commands meet each other's values; now and then what
// should be an error.
//
// Nothing depends on the moment at which a server sees it: times are so far away or so long gone
// that two servers cannot differ, and no two relative times are close to each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/argument_shapes.h"
#include "tests/support/draw.h"
#include "wire/command.h"

namespace slotway::differential {

inline constexpr const char* kHuge = "9223372036854775807";
inline constexpr const char* kLeast = "-9223372036854775808";
inline constexpr const char* kTooLarge = "18446744073709551616";  // for 64 bits

class Words {
 public:
  // Draws from `draw`, which outlives it.
  explicit Words(tests::Draw& draw) : draw_(draw) {}

  // So many different texts that values become large.
  void widen() { texts_ = 3000; }
  // What the next words are for.
  void begin(const wire::CommandSpec& spec, bool in_transaction);

  std::string key();
  std::string of(const ArgumentShape& shape);
  // Of any sense or none.
  std::string odd();
  // What DUMP gave once, for RESTORE.
  void keep_payload(std::string payload);
  // For SORT. No numbers out of a double's range: once Redis has met one, it sorts nothing by
  // number until it happens to forget (`errno` stays as it is). No score -0, which a listpack does
  // not keep.
  void stay_in_range() { in_range_ = true; }

  // Of the ways to say a range: by rank, by score, by text.
  enum class Range : uint8_t { kRank, kScore, kText };
  Range range() const { return range_; }
  // Whether the command must stay as it is, for it is about members of the same score.
  bool is_by_text() const { return by_text_; }

  // Every key that key() may give.
  static const std::vector<std::string>& all_keys();

 private:
  std::string text();
  std::string number_text();
  std::string long_text();
  std::string count();
  std::string index();
  std::string integer();
  std::string real();
  std::string score();
  std::string score_bound();
  std::string text_bound();
  std::string range_bound();
  std::string bit_offset();
  std::string bit_type();
  std::string pattern();
  std::string degrees(double most);
  std::string length();
  std::string increment();
  std::string unreal(const char* number) const;
  std::string database();
  std::string type_name();
  std::string rank();
  std::string seconds();
  std::string milliseconds();
  std::string unix_seconds();
  std::string unix_milliseconds();
  std::string restored_ttl();
  std::string timeout();
  std::string payload();
  bool is_bitmap() const { return spec_->group == wire::Group::kBitmap; }

  tests::Draw& draw_;
  const wire::CommandSpec* spec_ = nullptr;
  bool in_transaction_ = false;
  bool sorts_ = false;
  bool in_range_ = false;
  Range range_ = Range::kRank;
  bool by_text_ = false;  // about sorted sets whose members have one score
  bool numeric_ = false;  // the key holds numbers
  bool sketch_ = false;   // the key may hold a HyperLogLog
  uint64_t texts_ = 60;
  std::vector<std::string> payloads_;
};

}  // namespace slotway::differential
