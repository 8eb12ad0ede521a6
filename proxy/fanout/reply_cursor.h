// ReplyCursor: walks the elements of a framed reply.
//
// For merging replies that the framer has already checked: it trusts lengths, but never reads
// outside of its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::proxy {

class ReplyCursor {
 public:
  explicit ReplyCursor(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  // The type byte of the next element; 0 at the end.
  char type() const { return rest_.empty() ? '\0' : rest_.front(); }

  // The count of an array or set whose header is next; steps inside.
  std::optional<int64_t> enter_array();
  // The count of a push; steps inside.
  std::optional<int64_t> enter_push();
  // The number of pairs of a map, or of an array that stands for one; steps inside.
  std::optional<int64_t> enter_map();
  std::optional<int64_t> integer();
  // The content of a bulk or simple string.
  std::optional<std::string_view> string();
  // The whole next element as it stands, nested ones included; empty at the end.
  std::string_view element();

 private:
  std::optional<std::string_view> header(char type);

  std::string_view rest_;
};

}  // namespace slotway::proxy
