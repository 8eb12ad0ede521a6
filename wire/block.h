// Block: a run of bytes shared by reference counting; BlockPool: where a loop thread gets them.
//
// Input is read into blocks and output is gathered in blocks, so a large payload travels from one
// socket to another by reference. The count is not atomic: a block never leaves its loop thread,
// and the pool must outlive its blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace slotway::wire {

class BlockPool;

struct Block {
  BlockPool* pool;
  Block* next_free;
  uint32_t refs;
  uint8_t size_class;   // kOversize and kHolder: not pooled
  uint16_t used_pages;  // of a mapping: those in front that had another owner; the rest are zero
  size_t capacity;      // bytes of payload, which follow the header in memory
  char* data() { return reinterpret_cast<char*>(this + 1); }
};

// A counted reference to a block; empty by default.
class BlockRef {
 public:
  BlockRef() = default;
  // Takes over one reference that the caller holds.
  static BlockRef adopt(Block* block) {
    BlockRef ref;
    ref.block_ = block;
    return ref;
  }
  BlockRef(const BlockRef& other) : block_(other.block_) {
    if (block_) ++block_->refs;
  }
  BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() { reset(); }

  void reset();
  // Gives up the reference without counting it down.
  Block* release() { return std::exchange(block_, nullptr); }
  Block* get() const { return block_; }
  Block* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }
  bool shared() const { return block_ && block_->refs > 1; }

 private:
  Block* block_ = nullptr;
};

// Keeps freed blocks of three sizes for the next use, up to a bound of idle bytes; larger blocks
// go straight to the allocator. The largest are mappings of the kernel: those can grow without
// being copied, and huge pages make a hundred mebibytes cost 50 page faults and not 25,000. One of
// 1 MiB costs 257, more than copying a value into it: so a few of them are kept too.
class BlockPool {
 public:
  // Payload capacities, so chosen that block and header fill whole pages or a power of two.
  static constexpr std::array<size_t, 3> kCapacities = {2048 - 64, 16384 - 64, 65536 - 64};
  static constexpr uint8_t kOversize = 3;
  static constexpr uint8_t kMapped = 4;
  static constexpr uint8_t kHolder = 5;
  static constexpr size_t kMapFrom = 1 << 20;  // bytes of capacity
  static constexpr size_t kMaxIdleBytes = 1 << 20;
  static constexpr size_t kMaxIdleMapped = 8 << 20;

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  // A block with room for at least `capacity` bytes; never empty.
  BlockRef acquire(size_t capacity);
  // A block of just this capacity, for bytes that are kept for long; not pooled but for mappings,
  // whose pages are cut to size.
  BlockRef acquire_exact(size_t capacity);
  // The same, or a pooled block at most twice as large, which is cheaper.
  BlockRef acquire_close(size_t capacity);
  // A block without bytes of its own: it keeps alive what `object` owns, which ranges may refer to.
  // That may be shared by threads, the block may not.
  BlockRef hold(std::shared_ptr<const void> object);
  static bool is_holder(const BlockRef& block) { return block->size_class == kHolder; }
  // Gives a block at least `capacity` without copying its bytes; it may move. Only if can_grow().
  static bool can_grow(const BlockRef& block) {
    return block->size_class == kMapped && !block.shared();
  }
  void grow(BlockRef& block, size_t capacity);
  // Gives what a block that can grow has beyond `capacity` back to the kernel.
  static void cut(const BlockRef& block, size_t capacity);
  // The byte of the payload from which on there are zeros, but for what the block's present owner
  // has written; its capacity where that is not known.
  static size_t zero_from(const Block& block);

  // Frees the idle blocks that nobody has needed since the last call.
  void shrink();
  size_t idle_bytes() const { return idle_bytes_ + idle_mapped_; }

 private:
  friend class BlockRef;
  BlockRef make(size_t capacity, uint8_t size_class);
  BlockRef map(size_t capacity);
  BlockRef take_mapped(size_t capacity);
  // False if there is no room for it.
  bool keep_mapped(Block* block);
  void release(Block* block);

  struct Free {
    Block* head = nullptr;
    uint32_t count = 0;
    uint32_t fewest = 0;  // since the last shrink()
  };

  struct IdleMapping {
    Block* block;
    bool seen;  // by the last shrink()
  };

  std::array<Free, 3> free_ = {};
  size_t idle_bytes_ = 0;
  std::array<IdleMapping, kMaxIdleMapped / kMapFrom> mapped_;
  size_t mapped_count_ = 0;
  size_t idle_mapped_ = 0;  // bytes of these
};

inline void BlockRef::reset() {
  if (block_ && --block_->refs == 0) block_->pool->release(block_);
  block_ = nullptr;
}

}  // namespace slotway::wire
