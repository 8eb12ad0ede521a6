// OutputBuffer: the bytes that wait to be written to one peer, as a chain of block ranges.
//
// Small payloads are copied into pooled blocks, large ones referenced. An empty buffer holds no
// block. One loop thread.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "wire/block.h"

namespace slotway::wire {

// A range of bytes inside a block that it keeps alive.
struct BlockRange {
  BlockRef block;
  const char* data = nullptr;
  size_t size = 0;
  std::string_view view() const { return {data, size}; }
};

class OutputBuffer {
 public:
  // From here on a payload is worth a reference rather than a copy.
  static constexpr size_t kReferenceThreshold = 16 * 1024;

  explicit OutputBuffer(BlockPool& pool) : pool_(&pool) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void append(std::string_view bytes) {
    if (bytes.size() > room() || bytes.empty()) return append_slowly(bytes);
    std::memcpy(write_position_, bytes.data(), bytes.size());
    advance(bytes.size());
  }

  // `bytes` lies inside `block`; referenced where that pays, copied where it does not.
  void append(const BlockRef& block, std::string_view bytes) {
    if (bytes.size() < kReferenceThreshold) return append(bytes);
    append_reference({block, bytes.data(), bytes.size()});
  }
  void append_reference(BlockRange range);

  // Room for `count` bytes in one piece, count <= 1024, to be filled at once and reported by
  // advance() with the bytes used.
  char* reserve(size_t count) {
    if (count > room()) grow(count);
    return write_position_;
  }
  void advance(size_t count) {
    write_position_ += count;
    ranges_.back().size += count;
    size_ += count;
  }

  // Fills at most `limit` entries with the front of the chain, `bytes` at most; returns how many.
  // They stay in the buffer until consume().
  size_t gather(iovec* entries, size_t limit, size_t bytes = SIZE_MAX) const;
  // Drops `count` bytes from the front; count <= size().
  void consume(size_t count);
  void clear();
  // What the buffer holds, in order.
  std::span<const BlockRange> ranges() const { return std::span(ranges_).subspan(first_); }

  BlockPool& pool() const { return *pool_; }

 private:
  size_t room() const { return static_cast<size_t>(write_end_ - write_position_); }
  void grow(size_t at_least);
  void append_slowly(std::string_view bytes);

  BlockPool* pool_;
  std::vector<BlockRange> ranges_;  // ranges_[first_..] hold bytes; the last may have room behind
  size_t first_ = 0;
  size_t size_ = 0;
  char* write_position_ = nullptr;  // in the last range's block, or null
  char* write_end_ = nullptr;
};

}  // namespace slotway::wire
