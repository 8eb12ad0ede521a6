// StoredReply: a whole reply that has to wait for its turn.
//
// Small replies lie inside the object, so that a request that is answered early costs no
// allocation; middle ones are copied to a block of their own size, so that they do not pin the
// 64 KiB block they were read into; large ones are referenced where they were read.
// One worker thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "wire/output_buffer.h"

namespace slotway::proxy {

class StoredReply {
 public:
  static constexpr size_t kInlineSize = 104;

  StoredReply() = default;
  StoredReply(StoredReply&&) = default;
  StoredReply& operator=(StoredReply&&) = default;

  bool empty() const { return size() == 0; }
  size_t size() const { return inline_size_ + ranges_size_; }

  // Appends bytes that lie inside `block`.
  void append(const wire::BlockRef& block, std::string_view bytes);
  // Appends bytes that lie anywhere; `pool` gives the room for those that do not fit inside.
  void append(wire::BlockPool& pool, std::string_view bytes);

  void write_to(wire::OutputBuffer& out) const;
  // All of it in one piece, valid until the next change. Copies at most once.
  std::string_view contiguous(wire::BlockPool& pool);
  // Appends `part` of what contiguous() gave, by reference where that pays.
  void write_part(std::string_view part, wire::OutputBuffer& out) const;
  void clear();

 private:
  void add_range(wire::BlockRange range);

  uint32_t inline_size_ = 0;  // inline bytes come first
  char inline_[kInlineSize];
  uint32_t room_ = 0;  // bytes behind the last range, in a block that only this reply writes
  size_t ranges_size_ = 0;
  // Null for the small replies, which are nearly all.
  std::unique_ptr<std::vector<wire::BlockRange>> ranges_;
};

}  // namespace slotway::proxy
