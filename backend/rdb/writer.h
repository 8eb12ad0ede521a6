// RdbWriter: the primitives of the RDB format, appended to a string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/rdb/format.h"

namespace slotway::backend {

class RdbWriter {
 public:
  // Long strings are compressed where that makes them shorter, if `compresses`.
  explicit RdbWriter(bool compresses) : compresses_(compresses) {}

  void type(RdbType type) { bytes_ += static_cast<char>(type); }
  void length(uint64_t length);
  void string(std::string_view text);
  void real(double value);  // eight bytes
  template <typename Number>
  void little_endian(Number number) {
    for (size_t i = 0; i < sizeof number; ++i) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
    }
  }

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  template <typename Number>
  void big_endian(Number number) {
    for (size_t i = sizeof number; i-- > 0;) {
      bytes_ += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
    }
  }
  bool short_number(std::string_view text);
  bool compressed(std::string_view text);

  std::string bytes_;
  const bool compresses_;
};

}  // namespace slotway::backend
