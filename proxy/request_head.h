// RequestHead: the first bytes of a request, for what is told of it when it turns out to be slow or
// large, and is no longer there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "wire/request_parser.h"

namespace slotway::proxy {

class RequestHead {
 public:
  static constexpr size_t kRoom = 68;
  static constexpr size_t kMost = kRoom - 1;  // bytes of a request

  RequestHead() noexcept {}  // its bytes are not set

  // Inline, and in whole registers: every request is kept.
  void keep(std::string_view raw) {
    size_t size = raw.size();
    if (size >= kMost) [[unlikely]] {
      size_ = static_cast<uint32_t>(std::min<size_t>(size, UINT32_MAX));
      key_hash_ = 0;
      size = kMost;
    }
    bytes_[0] = static_cast<char>(size);
    copy(bytes_ + 1, raw.data(), size);
  }
  // Whether this argument of the request, which has more than kMost bytes, goes beyond those.
  static bool cuts(std::string_view arg, std::string_view raw) {
    return arg.data() + arg.size() > raw.data() + kMost;
  }
  // The hash of the whole key, for when it is cut.
  void keep_hash(uint64_t hash) { key_hash_ = hash; }
  // 0: it is not cut, or was not kept.
  uint64_t key_hash() const { return kept().size() == kMost ? key_hash_ : 0; }
  // Of the whole request, in bytes, up to 4 GiB.
  size_t request_size() const { return kept().size() == kMost ? size_ : kept().size(); }
  // The arguments in there; requires keep().
  struct Arguments {
    std::vector<std::string> args;
    size_t missing_bytes = 0;  // of the last of them
    size_t missing_args = 0;   // behind it

    // What is cut off is told of as Redis tells it: "... (7 more bytes)", "... (2 more arguments)".
    std::vector<std::string> shown() const;
  };
  Arguments arguments() const;

  // For any other use of kRoom bytes.
  char* room() { return bytes_; }
  const char* room() const { return bytes_; }

 private:
  // Up to kMost bytes: the first and the last 16 or 32 of them, which overlap, and the middle.
  static void copy(char* to, const char* from, size_t size) {
    if (size < 16) [[unlikely]] {
      std::memcpy(to, from, size);
    } else if (size <= 32) {
      std::memcpy(to, from, 16);
      std::memcpy(to + size - 16, from + size - 16, 16);
    } else {
      std::memcpy(to, from, 32);
      if (size > 64) std::memcpy(to + 32, from + 32, 16);
      std::memcpy(to + size - 32, from + size - 32, 32);
    }
  }
  static_assert(kMost <= 32 + 16 + 32);

  std::string_view kept() const { return {bytes_ + 1, static_cast<unsigned char>(bytes_[0])}; }

  char bytes_[kRoom];  // how many are kept, then themselves
  // Of what is cut.
  uint32_t size_;
  uint64_t key_hash_;
};

}  // namespace slotway::proxy
