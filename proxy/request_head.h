// RequestHead: the first bytes of a request, for what is told of it when it turns out to be slow or
// large, and is no longer there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/request_parser.h"

namespace slotway::proxy {

class RequestHead {
 public:
  static constexpr size_t kRoom = 72;

  RequestHead() noexcept {}  // its bytes are not set

  void keep(const wire::Request& request);
  // Whether this argument of the request has bytes behind those that are kept.
  static bool cuts(std::string_view arg, const wire::Request& request) {
    return request.raw.size() >= kRoom && arg.data() + arg.size() > request.raw.data() + kRoom - 1;
  }
  // The hash of the whole key, for when it is cut; 0 from keep() on.
  void keep_hash(uint64_t hash) { key_hash_ = hash; }
  uint64_t key_hash() const { return key_hash_; }
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
  uint64_t key_hash_;
  char bytes_[kRoom];  // how many are kept, then themselves
};

}  // namespace slotway::proxy
