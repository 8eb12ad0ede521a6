// RespValue: one reply of RESP2 or RESP3 as a tree, and what finds it in a stream of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::tests {

// `type` is the first byte of its encoding; `text` is what stands behind it, or the bytes of a bulk
// string; a map keeps its keys and values in turn.
struct RespValue {
  char type = 0;
  std::string text = {};
  std::vector<RespValue> items = {};
  bool null = false;

  bool is_error() const { return type == '-' || type == '!'; }
  // The value of an integer reply. Throws std::runtime_error for any other.
  int64_t integer() const;
  // The value behind `key` in a map, or in an array that stands for one; nullptr if it is absent.
  const RespValue* find(std::string_view key) const;
  // The texts of the items.
  std::vector<std::string> texts() const;
  // On one line, with the types: "~2[+RO +access]".
  std::string to_string() const;
};

// The first whole value in `bytes`, which is cut off their front; nullopt if it is not complete.
// Throws std::runtime_error for what is no RESP.
std::optional<RespValue> take_value(std::string_view& bytes);

// Finds where a reply ends, with work in proportion to the bytes however they come.
class ReplyScanner {
 public:
  // `bytes` starts where the last reply ended and only grows from call to call. True once they hold
  // a whole reply, of size() bytes; the next call begins with the next reply.
  bool scan(std::string_view bytes);
  size_t size() const { return size_; }

 private:
  size_t position_ = 0;
  int64_t values_left_ = 1;
  size_t size_ = 0;
};

// A command as a multi-bulk request.
std::string encode_request(const std::vector<std::string>& args);

}  // namespace slotway::tests
