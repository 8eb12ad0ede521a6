// ReplyView: a whole reply on its way to the one who waits for it.
//
// Either bytes inside the block they were read into, or bytes or a buffer of the proxy's own. A
// view: valid during the call that it is passed to.
#pragma once

#include <string_view>

#include "proxy/stored_reply.h"

namespace slotway::proxy {

class ReplyView {
 public:
  // `bytes` lies inside `block`.
  ReplyView(const wire::BlockRef& block, std::string_view bytes) : block_(&block), bytes_(bytes) {}
  // `bytes` lies elsewhere and is copied by whoever keeps it.
  explicit ReplyView(std::string_view bytes) : bytes_(bytes) {}
  explicit ReplyView(const wire::OutputBuffer& buffer) : buffer_(&buffer) {}

  size_t size() const { return buffer_ ? buffer_->size() : bytes_.size(); }
  // Its first bytes; all of them but of a buffer.
  std::string_view head() const { return buffer_ ? buffer_->ranges().front().view() : bytes_; }
  char type() const { return head().front(); }
  bool is_error() const { return type() == '-' || type() == '!'; }

  // The same from its second byte on. Requires that it is no buffer.
  ReplyView without_type() const {
    ReplyView rest = *this;
    rest.bytes_.remove_prefix(1);
    return rest;
  }

  void write_to(wire::OutputBuffer& out) const {
    if (block_) return out.append(*block_, bytes_);
    if (!buffer_) return out.append(bytes_);
    for (const wire::BlockRange& range : buffer_->ranges()) out.append(range.block, range.view());
  }

  // Copies what is small, refers to what is large. `target` is empty before.
  void store_in(StoredReply& target, wire::BlockPool& pool) const {
    if (block_) {
      target.append(*block_, bytes_);
    } else if (buffer_) {
      for (const wire::BlockRange& range : buffer_->ranges()) {
        target.append(range.block, range.view());
      }
    } else {
      target.append(pool, bytes_);
    }
  }

 private:
  const wire::BlockRef* block_ = nullptr;
  std::string_view bytes_;
  const wire::OutputBuffer* buffer_ = nullptr;
};

}  // namespace slotway::proxy
