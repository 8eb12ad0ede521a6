#include "wire/output_buffer.h"

#include <algorithm>

namespace slotway::wire {

void OutputBuffer::grow(size_t at_least) {
  // The first block is a small one: most sessions write one small reply a turn, and there may be
  // thousands of them with output at the same time.
  const size_t wanted = std::max(at_least, BlockPool::kCapacities[size_ == 0 ? 0 : 1]);
  BlockRef block = pool_->acquire(wanted);
  write_position_ = block->data();
  write_end_ = write_position_ + block->capacity;
  ranges_.push_back({std::move(block), write_position_, 0});
}

void OutputBuffer::append_slowly(std::string_view bytes) {
  while (!bytes.empty()) {
    if (room() == 0) grow(std::min(bytes.size(), BlockPool::kCapacities.back()));
    const size_t part = std::min(bytes.size(), room());
    std::memcpy(write_position_, bytes.data(), part);
    advance(part);
    bytes.remove_prefix(part);
  }
}

void OutputBuffer::append_reference(BlockRange range) {
  if (range.size == 0) return;
  // What follows goes on in the room behind the last copied range, as a range of its own.
  char* const resume_at = write_position_;
  char* const resume_end = write_end_;
  BlockRef resume_block = resume_at != resume_end ? ranges_.back().block : BlockRef();
  size_ += range.size;
  ranges_.push_back(std::move(range));
  write_position_ = write_end_ = nullptr;
  if (resume_block) {
    ranges_.push_back({std::move(resume_block), resume_at, 0});
    write_position_ = resume_at;
    write_end_ = resume_end;
  }
}

size_t OutputBuffer::gather(iovec* entries, size_t limit, size_t bytes) const {
  size_t count = 0;
  for (size_t i = first_; i < ranges_.size() && count < limit && bytes > 0; ++i) {
    if (ranges_[i].size == 0) continue;
    const size_t part = std::min(ranges_[i].size, bytes);
    entries[count++] = {const_cast<char*>(ranges_[i].data), part};
    bytes -= part;
  }
  return count;
}

void OutputBuffer::consume(size_t count) {
  size_ -= count;
  if (size_ == 0) return clear();
  while (count > 0) {
    BlockRange& range = ranges_[first_];
    const size_t part = std::min(count, range.size);
    range.data += part;
    range.size -= part;
    count -= part;
    if (range.size == 0) {
      range.block.reset();
      ++first_;
    }
  }
  if (first_ >= 64 && first_ * 2 >= ranges_.size()) {
    ranges_.erase(ranges_.begin(), ranges_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutputBuffer::clear() {
  ranges_.clear();
  if (ranges_.capacity() > 256) ranges_.shrink_to_fit();
  first_ = 0;
  size_ = 0;
  write_position_ = write_end_ = nullptr;
}

}  // namespace slotway::wire
