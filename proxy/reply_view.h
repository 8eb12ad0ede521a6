// ReplyView: a whole reply on its way to the one who waits for it.
//
// Either bytes inside the block they were read into, or bytes or a buffer of the proxy's own, or a
// StoredReply that was gathered in pieces. A view: valid during the call that it is passed to.
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
  // `stored` may be moved from. `type` is its first byte.
  ReplyView(StoredReply& stored, char type) : stored_(&stored), type_(type) {}

  size_t size() const {
    return stored_ ? stored_->size() : buffer_ ? buffer_->size() : bytes_.size();
  }
  char type() const {
    return stored_ ? type_ : buffer_ ? *buffer_->ranges().front().data : bytes_.front();
  }
  bool is_error() const { return type() == '-' || type() == '!'; }

  void write_to(wire::OutputBuffer& out) const {
    if (stored_) return stored_->write_to(out);
    if (block_) return out.append(*block_, bytes_);
    if (!buffer_) return out.append(bytes_);
    for (const wire::BlockRange& range : buffer_->ranges()) out.append(range.block, range.view());
  }

  void move_to(StoredReply& target, wire::BlockPool& pool) {
    if (stored_) {
      target = std::move(*stored_);
      stored_->clear();
    } else if (block_) {
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
  StoredReply* stored_ = nullptr;
  char type_ = 0;
};

}  // namespace slotway::proxy
