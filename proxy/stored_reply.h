// StoredReply: a whole reply that has to wait for its turn.
//
// Small replies lie inside the object, so that a request that is answered early costs no
// allocation; middle ones are copied to a block of their own size, so that they do not pin the
// 64 KiB block they were read into; large ones are referenced where they were read.
// One worker thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "wire/output_buffer.h"

namespace slotway::proxy {

class StoredReply {
 public:
  static constexpr size_t kInlineSize = 80;

  StoredReply() = default;
  StoredReply(StoredReply&&) = default;
  StoredReply& operator=(StoredReply&&) = default;

  bool empty() const { return size_ == 0; }
  // kInlineSize bytes that are free for any use while this is empty: a reply overwrites them.
  char* spare() { return inline_; }
  const char* spare() const { return inline_; }
  size_t size() const { return size_; }

  // Appends bytes that lie inside `block`.
  void append(const wire::BlockRef& block, std::string_view bytes);
  // Appends bytes that lie anywhere; `pool` gives the room for those that do not fit inside.
  void append(wire::BlockPool& pool, std::string_view bytes);

  void write_to(wire::OutputBuffer& out) const {
    if (!ranges_) return out.append({inline_, size_});
    for (const wire::BlockRange& range : *ranges_) out.append(range.block, range.view());
  }
  // All of it in one piece, valid until the next change. Copies at most once.
  std::string_view contiguous(wire::BlockPool& pool);
  // Appends `part` of what contiguous() gave, by reference where that pays.
  void write_part(std::string_view part, wire::OutputBuffer& out) const;
  void clear() {
    size_ = 0;
    ranges_.reset();
  }

 private:
  void add_range(wire::BlockRange range);
  // What is inside goes to a block, for more is to follow than fits.
  void move_out(wire::BlockPool& pool);

  size_t size_ = 0;
  // Null while all of it lies inside, as nearly all replies do.
  std::unique_ptr<std::vector<wire::BlockRange>> ranges_;
  char inline_[kInlineSize];
};

}  // namespace slotway::proxy
