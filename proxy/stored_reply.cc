#include "proxy/stored_reply.h"

#include <algorithm>

namespace slotway::proxy {

namespace {

constexpr size_t kMostRoom = 64 * 1024;

}  // namespace

void StoredReply::add_range(wire::BlockRange range) {
  if (!ranges_) ranges_ = std::make_unique<std::vector<wire::BlockRange>>();
  ranges_size_ += range.size;
  ranges_->push_back(std::move(range));
  room_ = 0;
}

void StoredReply::append(const wire::BlockRef& block, std::string_view bytes) {
  if (bytes.size() < wire::OutputBuffer::kReferenceThreshold) {
    return append(*block->pool, bytes);
  }
  add_range({block, bytes.data(), bytes.size()});
}

void StoredReply::append(wire::BlockPool& pool, std::string_view bytes) {
  if (!ranges_ && bytes.size() <= kInlineSize - inline_size_) {
    std::memcpy(inline_ + inline_size_, bytes.data(), bytes.size());
    inline_size_ += static_cast<uint32_t>(bytes.size());
    return;
  }
  const size_t fits = std::min<size_t>(room_, bytes.size());
  if (fits > 0) {
    wire::BlockRange& last = ranges_->back();
    std::memcpy(last.block->data() + last.size, bytes.data(), fits);
    last.size += fits;
    ranges_size_ += fits;
    room_ -= static_cast<uint32_t>(fits);
    bytes.remove_prefix(fits);
  }
  if (bytes.empty()) return;
  // The first piece may be all there is; further ones get room that grows with the reply, so that a
  // reply that trickles costs a few blocks and not one a piece.
  const size_t more = ranges_ ? std::min(size(), kMostRoom) : 0;
  wire::BlockRef copy = pool.acquire_exact(std::max(bytes.size(), more));
  const size_t room = copy->capacity - bytes.size();
  std::memcpy(copy->data(), bytes.data(), bytes.size());
  const char* data = copy->data();
  add_range({std::move(copy), data, bytes.size()});
  room_ = static_cast<uint32_t>(room);
}

void StoredReply::write_to(wire::OutputBuffer& out) const {
  if (inline_size_ > 0) out.append({inline_, inline_size_});
  if (!ranges_) return;
  for (const wire::BlockRange& range : *ranges_) out.append(range.block, range.view());
}

std::string_view StoredReply::contiguous(wire::BlockPool& pool) {
  if (!ranges_) return {inline_, inline_size_};
  if (inline_size_ == 0 && ranges_->size() == 1) return ranges_->front().view();
  wire::BlockRef whole = pool.acquire_exact(size());
  char* at = whole->data();
  std::memcpy(at, inline_, inline_size_);
  at += inline_size_;
  for (const wire::BlockRange& range : *ranges_) {
    std::memcpy(at, range.data, range.size);
    at += range.size;
  }
  const size_t all = size();
  clear();
  const char* data = whole->data();
  add_range({std::move(whole), data, all});
  return ranges_->front().view();
}

void StoredReply::write_part(std::string_view part, wire::OutputBuffer& out) const {
  if (!ranges_) return out.append(part);
  out.append(ranges_->front().block, part);
}

void StoredReply::clear() {
  inline_size_ = 0;
  room_ = 0;
  ranges_size_ = 0;
  ranges_.reset();
}

}  // namespace slotway::proxy
