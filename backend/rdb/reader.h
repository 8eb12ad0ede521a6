// RdbReader: the primitives of the RDB format, read from bytes that nobody has checked.
//
// Once something was wrong, failed() stays true, and what the functions give means nothing: it is
// enough to ask at the end of a loop's turn. Memory that it takes is in proportion to the bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "backend/rdb/format.h"

namespace slotway::backend {

class RdbReader {
 public:
  // Strings that do not stand in `bytes` as they are go into `made`; both are to outlive what the
  // reader gives.
  RdbReader(std::string_view bytes, std::deque<std::string>& made) : rest_(bytes), made_(made) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  void fail() { failed_ = true; }

  uint8_t byte();
  uint64_t length();
  // A number of things of which each takes at least a byte.
  uint64_t count();
  std::string_view string();
  double real();          // eight bytes
  double real_as_text();  // how the oldest versions wrote scores
  std::string_view raw(uint64_t size);

 private:
  template <typename Number>
  Number little_endian();
  std::string_view number_text(int64_t number);
  std::string_view compressed();
  // A length, or (if `special`) the kind of string.
  uint64_t length_or_kind(bool& special);

  std::string_view rest_;
  std::deque<std::string>& made_;
  bool failed_ = false;
};

}  // namespace slotway::backend
