// KeyValues: the keys of a run, and a value for each that tells which key it belongs to.
//
// A value is its key, over and over, cut to the value size: a reply that belongs to another key is
// seen by its bytes alone, with nothing remembered of what was written. All writers of a key write
// the same, so whichever came last, its value is right. Counters have names of their own.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::load {

using KeyNumber = uint32_t;

class KeyValues {
 public:
  static constexpr size_t kLeastKeySize = 14;  // "key:0000000042"
  static constexpr size_t kGreatestKeySize = 1024;

  // In bytes, kLeastKeySize <= key_size <= value_size: a shorter value would not hold its whole
  // key.
  KeyValues(size_t key_size, size_t value_size);

  // Each valid until the next call.
  std::string_view key(KeyNumber number);
  std::string_view counter(KeyNumber number);
  std::string_view value(KeyNumber number);
  bool is_value_of(KeyNumber number, std::string_view bytes);
  size_t value_size() const { return value_size_; }
  // What stands before a value in a reply: "$64\r\n".
  std::string_view value_header() const { return value_header_; }

  // The keys that `mixed` deletes: one of eight, so that a missing one of the others is still seen.
  static bool is_deleted_at_times(KeyNumber number) { return number % 8 == 7; }

 private:
  size_t value_size_;
  std::string value_header_;
  std::string key_;  // of some number, of which the digits are replaced
  std::string counter_;
  std::string value_;
};

}  // namespace slotway::load
