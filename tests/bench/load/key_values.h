// KeyValues: the keys of a run, and a value for each that tells which key it belongs to.
//
// A value is its key, over and over, cut to the value size: a reply that belongs to another key is
// seen by its bytes alone, with nothing remembered of what was written. A plain value; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::load {

using KeyNumber = uint32_t;

class KeyValues {
 public:
  static constexpr size_t kKeySize = 14;  // "key:0000000042"
  using Key = std::array<char, kKeySize>;

  // `value_size` in bytes, at least kKeySize: a shorter value would not hold its whole key.
  explicit KeyValues(size_t value_size) : value_size_(value_size) {}

  static Key key(KeyNumber number);
  // Valid until the next call.
  std::string_view value(KeyNumber number);
  bool is_value_of(KeyNumber number, std::string_view bytes) const;
  size_t value_size() const { return value_size_; }

  // The keys that `mixed` deletes: one of eight, so that a missing one of the others is still seen.
  static bool is_deleted_at_times(KeyNumber number) { return number % 8 == 7; }

 private:
  size_t value_size_;
  std::string value_;
};

inline std::string_view view(const KeyValues::Key& key) { return {key.data(), key.size()}; }

}  // namespace slotway::load
