#include "proxy/stored_reply.h"

#include <cstring>

namespace slotway::proxy {

namespace {

wire::BlockRange copy_of(std::string_view bytes, wire::BlockPool& pool) {
  wire::BlockRef copy = pool.acquire_exact(bytes.size());
  char* const data = copy->data();
  std::memcpy(data, bytes.data(), bytes.size());
  return {std::move(copy), data, bytes.size()};
}

}  // namespace

void StoredReply::add_range(wire::BlockRange range) {
  size_ += range.size;
  ranges_->push_back(std::move(range));
}

void StoredReply::move_out(wire::BlockPool& pool) {
  ranges_ = std::make_unique<std::vector<wire::BlockRange>>();
  if (size_ > 0) ranges_->push_back(copy_of({inline_, size_}, pool));
}

void StoredReply::append(const wire::BlockRef& block, std::string_view bytes) {
  if (bytes.size() < wire::OutputBuffer::kReferenceThreshold) {
    return append(*block->pool, bytes);
  }
  if (!ranges_) move_out(*block->pool);
  add_range({block, bytes.data(), bytes.size()});
}

void StoredReply::append(wire::BlockPool& pool, std::string_view bytes) {
  if (!ranges_) {
    if (bytes.size() <= kInlineSize - size_) {
      std::memcpy(inline_ + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
      return;
    }
    move_out(pool);
  }
  add_range(copy_of(bytes, pool));
}

std::string_view StoredReply::contiguous(wire::BlockPool& pool) {
  if (!ranges_) return {inline_, size_};
  if (ranges_->size() > 1) {
    wire::BlockRef whole = pool.acquire_exact(size_);
    char* at = whole->data();
    for (const wire::BlockRange& range : *ranges_) {
      std::memcpy(at, range.data, range.size);
      at += range.size;
    }
    const char* const data = whole->data();
    ranges_->clear();
    ranges_->push_back({std::move(whole), data, size_});
  }
  return ranges_->front().view();
}

void StoredReply::write_part(std::string_view part, wire::OutputBuffer& out) const {
  if (!ranges_) return out.append(part);
  out.append(ranges_->front().block, part);
}

}  // namespace slotway::proxy
