// StoredReply: a whole reply that has to wait for its turn.
//
// Small replies lie inside the object, so that a request that is answered early costs no
// allocation; middle ones are copied to a block of about their own size, so that they do not pin
// the 64 KiB block they were read into; large ones, and those that are kept anyway, are referenced
// where they are.
// One worker thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/output_buffer.h"

namespace slotway::proxy {

class StoredReply {
 public:
  static constexpr size_t kInlineSize = 96;

  StoredReply() = default;
  StoredReply(StoredReply&&) = default;
  StoredReply& operator=(StoredReply&&) = default;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  // Appends bytes that lie inside `block`, or in what it holds.
  void append(const wire::BlockRef& block, std::string_view bytes);
  // Appends bytes that lie anywhere; `pool` gives the room for those that do not fit inside.
  void append(wire::BlockPool& pool, std::string_view bytes);

  void write_to(wire::OutputBuffer& out) const {
    if (const auto* const here = std::get_if<Inline>(&bytes_))
      return out.append({here->bytes, size_});
    if (const auto* const range = std::get_if<wire::BlockRange>(&bytes_)) {
      return out.append(range->block, range->view());
    }
    for (const wire::BlockRange& range : std::get<Ranges>(bytes_)) {
      out.append(range.block, range.view());
    }
  }
  // All of it in one piece, valid until the next change. Copies at most once.
  std::string_view contiguous(wire::BlockPool& pool);
  // Appends `part` of what contiguous() gave, by reference where that pays.
  void write_part(std::string_view part, wire::OutputBuffer& out) const;
  void clear() {
    size_ = 0;
    if (!std::holds_alternative<Inline>(bytes_)) bytes_.emplace<Inline>();
  }

 private:
  struct Inline {
    Inline() noexcept {}  // its bytes are not set
    char bytes[kInlineSize];
  };
  using Ranges = std::vector<wire::BlockRange>;

  void add_range(wire::BlockRange range);
  void move_out(wire::BlockPool& pool);

  size_t size_ = 0;
  std::variant<Inline, wire::BlockRange, Ranges> bytes_;
};

}  // namespace slotway::proxy
