#include "proxy/stored_reply.h"

#include <cstring>

namespace slotway::proxy {

namespace {

wire::BlockRange copy_of(std::string_view bytes, wire::BlockPool& pool) {
  wire::BlockRef copy = pool.acquire_close(bytes.size());
  char* const data = copy->data();
  std::memcpy(data, bytes.data(), bytes.size());
  return {std::move(copy), data, bytes.size()};
}

}  // namespace

void StoredReply::add_range(wire::BlockRange range) {
  if (size_ == 0) {
    size_ = range.size;
    bytes_ = std::move(range);
    return;
  }
  size_ += range.size;
  if (auto* const first = std::get_if<wire::BlockRange>(&bytes_)) {
    Ranges ranges;
    ranges.push_back(std::move(*first));
    bytes_ = std::move(ranges);
  }
  std::get<Ranges>(bytes_).push_back(std::move(range));
}

void StoredReply::append(const wire::BlockRef& block, std::string_view bytes) {
  if (bytes.size() < wire::OutputBuffer::kReferenceThreshold &&
      !(wire::BlockPool::is_holder(block) && bytes.size() > kInlineSize)) {
    return append(*block->pool, bytes);
  }
  move_out(*block->pool);
  add_range({block, bytes.data(), bytes.size()});
}

void StoredReply::append(wire::BlockPool& pool, std::string_view bytes) {
  if (auto* const here = std::get_if<Inline>(&bytes_)) {
    if (bytes.size() <= kInlineSize - size_) {
      std::memcpy(here->bytes + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
      return;
    }
  }
  move_out(pool);
  add_range(copy_of(bytes, pool));
}

// What is inside goes to a block, for more is to follow than fits.
void StoredReply::move_out(wire::BlockPool& pool) {
  const auto* const here = std::get_if<Inline>(&bytes_);
  if (here && size_ > 0) bytes_ = copy_of({here->bytes, size_}, pool);
}

std::string_view StoredReply::contiguous(wire::BlockPool& pool) {
  if (const auto* const here = std::get_if<Inline>(&bytes_)) return {here->bytes, size_};
  if (const auto* const ranges = std::get_if<Ranges>(&bytes_)) {
    wire::BlockRef whole = pool.acquire_close(size_);
    char* at = whole->data();
    for (const wire::BlockRange& range : *ranges) {
      std::memcpy(at, range.data, range.size);
      at += range.size;
    }
    const char* const data = whole->data();
    bytes_ = wire::BlockRange{std::move(whole), data, size_};
  }
  return std::get<wire::BlockRange>(bytes_).view();
}

void StoredReply::write_part(std::string_view part, wire::OutputBuffer& out) const {
  if (std::holds_alternative<Inline>(bytes_)) return out.append(part);
  out.append(std::get<wire::BlockRange>(bytes_).block, part);
}

}  // namespace slotway::proxy
