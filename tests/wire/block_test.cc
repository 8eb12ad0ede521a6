#include "wire/block.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace slotway::wire {

TEST_CASE("a block has at least the capacity that was asked for, and all of it can be used") {
  BlockPool pool;
  for (const size_t wanted : {size_t{1}, size_t{1984}, size_t{1985}, size_t{16320}, size_t{16321},
                              size_t{65472}, size_t{65473}, size_t{1} << 20}) {
    const BlockRef block = pool.acquire(wanted);
    REQUIRE(block);
    CHECK(block->capacity >= wanted);
    CHECK(block->capacity <= std::max<size_t>(wanted * 9, BlockPool::kCapacities[0]));
    std::memset(block.get()->data(), 'x', block->capacity);
  }
  CHECK(pool.acquire(1)->capacity == BlockPool::kCapacities[0]);
  CHECK(pool.acquire_exact(3)->capacity == 3);
  CHECK(pool.acquire_exact(100000)->capacity == 100000);
}

TEST_CASE("references are counted") {
  BlockPool pool;
  BlockRef first = pool.acquire(1);
  CHECK_FALSE(first.shared());
  {
    const BlockRef second = first;
    CHECK(second.get() == first.get());
    CHECK(first.shared());
    CHECK(second.shared());
  }
  CHECK_FALSE(first.shared());

  BlockRef moved = std::move(first);
  CHECK_FALSE(static_cast<bool>(first));  // NOLINT: what a move leaves is part of the contract
  CHECK_FALSE(moved.shared());
  CHECK_FALSE(first.shared());

  moved = *&moved;  // to itself
  CHECK(moved->refs == 1);
  BlockRef other = pool.acquire(1);
  other = moved;
  CHECK(other.get() == moved.get());
  CHECK(moved->refs == 2);
  other.reset();
  CHECK(moved->refs == 1);
  other.reset();
  CHECK_FALSE(static_cast<bool>(other));
}

TEST_CASE("a freed block is used again, by its size") {
  BlockPool pool;
  for (const size_t capacity : BlockPool::kCapacities) {
    BlockRef block = pool.acquire(capacity);
    Block* const address = block.get();
    block.reset();
    const BlockRef again = pool.acquire(capacity - 1);
    CHECK(again.get() == address);
    CHECK(again->capacity == capacity);
    CHECK(again->refs == 1);
    CHECK(pool.acquire(capacity).get() != address);
  }
}

TEST_CASE("a block of an exact size never enters the pool") {
  BlockPool pool;
  pool.acquire_exact(BlockPool::kCapacities[0]).reset();
  const BlockRef block = pool.acquire(1);
  CHECK(block->size_class == 0);
  CHECK(pool.acquire_exact(1984)->size_class == BlockPool::kOversize);
}

TEST_CASE("a block of a close size is pooled where that wastes at most half of it") {
  BlockPool pool;
  for (const size_t capacity : BlockPool::kCapacities) {
    CHECK(pool.acquire_close(capacity)->capacity == capacity);
    CHECK(pool.acquire_close(capacity / 2)->capacity == capacity);
    CHECK(pool.acquire_close(capacity / 2 - 1)->capacity == capacity / 2 - 1);
    CHECK(pool.acquire_close(capacity + 1)->capacity == capacity + 1);
  }
}

TEST_CASE("what a block holds lives as long as the last reference to it") {
  BlockPool pool;
  const auto object = std::make_shared<const int>(7);
  BlockRef block = pool.hold(object);
  CHECK(BlockPool::is_holder(block));
  CHECK_FALSE(BlockPool::is_holder(pool.acquire(1)));
  {
    const BlockRef second = block;
    block.reset();
    CHECK(object.use_count() == 2);
  }
  CHECK(object.use_count() == 1);
}

TEST_CASE("many blocks at a time, freed in any order, stay apart") {
  BlockPool pool;
  for (int round = 0; round < 3; ++round) {
    std::vector<BlockRef> blocks;
    for (size_t i = 0; i < 100; ++i) {
      blocks.push_back(pool.acquire(BlockPool::kCapacities[i % 3]));
      std::memset(blocks.back()->data(), static_cast<int>(i), blocks.back()->capacity);
    }
    for (size_t i = 0; i < blocks.size(); ++i) {
      Block& block = *blocks[i].get();
      CHECK(block.data()[0] == static_cast<char>(i));
      CHECK(block.data()[block.capacity - 1] == static_cast<char>(i));
    }
    for (size_t i = 0; i < blocks.size(); i += 2) blocks[i].reset();
  }
}

TEST_CASE("a large block grows and keeps its bytes") {
  BlockPool pool;
  BlockRef block = pool.acquire(BlockPool::kMapFrom);
  REQUIRE(BlockPool::can_grow(block));
  std::vector<char> bytes(block->capacity);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 >> 3);
  std::memcpy(block->data(), bytes.data(), bytes.size());
  for (const size_t capacity : {size_t{3} << 20, size_t{40} << 20, size_t{200} << 20}) {
    pool.grow(block, capacity);
    CHECK(block->capacity >= capacity);
    CHECK(std::memcmp(block->data(), bytes.data(), bytes.size()) == 0);
    block->data()[block->capacity - 1] = 'x';
  }
  const size_t before = block->capacity;
  pool.grow(block, 1);  // never less
  CHECK(block->capacity == before);
  // What somebody else refers to must stay where it is; what is small is copied by its owner.
  const BlockRef other = block;
  CHECK_FALSE(BlockPool::can_grow(block));
  CHECK_FALSE(BlockPool::can_grow(pool.acquire(BlockPool::kMapFrom - 1)));
}

TEST_CASE("a freed large block is used again for what needs half of it at least") {
  constexpr size_t kMiB = 1 << 20;
  BlockPool pool;
  BlockRef large = pool.acquire(3 * kMiB);
  BlockRef small = pool.acquire(2 * kMiB);
  const Block* const large_one = large.get();
  const Block* const small_one = small.get();
  large.reset();
  small.reset();
  CHECK(pool.acquire(3 * kMiB + 4096).get() != large_one);
  CHECK(pool.acquire(2 * kMiB - 5).get() == small_one);  // the smallest that will do
  CHECK(pool.acquire(3 * kMiB - 5).get() == large_one);
  const BlockRef first = pool.acquire(kMiB + 4096);
  CHECK(first.get() == small_one);
  CHECK(pool.acquire(kMiB).get() != large_one);
  // What is to be exact is cut to its size, and still whole.
  const BlockRef exact = pool.acquire_exact(2 * kMiB);
  CHECK(exact.get() == large_one);
  CHECK(exact->capacity >= 2 * kMiB);
  CHECK(exact->capacity < 2 * kMiB + 4096);
  std::memset(exact.get()->data(), 'x', exact->capacity);
}

TEST_CASE("what a large block is known to be zero of is zero") {
  constexpr size_t kMiB = 1 << 20;
  BlockPool pool;
  const auto is_zero = [](const BlockRef& block) {
    const std::string_view bytes(block.get()->data(), block->capacity);
    return bytes.find_first_not_of('\0', BlockPool::zero_from(*block.get())) == bytes.npos;
  };
  CHECK(BlockPool::zero_from(*pool.acquire(1).get()) == BlockPool::kCapacities[0]);
  BlockRef block = pool.acquire(3 * kMiB);
  CHECK(BlockPool::zero_from(*block.get()) == 0);
  CHECK(is_zero(block));
  std::memset(block->data(), 'x', block->capacity);
  block.reset();
  block = pool.acquire_exact(2 * kMiB);
  CHECK(BlockPool::zero_from(*block.get()) == block->capacity);
  pool.grow(block, 5 * kMiB);
  CHECK(BlockPool::zero_from(*block.get()) <= 3 * kMiB);
  CHECK(is_zero(block));
}

TEST_CASE("few bytes of large blocks are kept, and not for long") {
  constexpr size_t kMiB = 1 << 20;
  BlockPool pool;
  std::vector<BlockRef> blocks;
  for (size_t i = 0; i < 20; ++i) blocks.push_back(pool.acquire(kMiB + i * 4096));
  blocks.clear();
  CHECK(pool.idle_bytes() <= BlockPool::kMaxIdleMapped);
  CHECK(pool.idle_bytes() > BlockPool::kMaxIdleMapped - 2 * kMiB);
  pool.shrink();  // all were needed
  pool.acquire(kMiB).reset();
  pool.shrink();  // all but one were not
  CHECK(pool.idle_bytes() >= kMiB);
  CHECK(pool.idle_bytes() < 2 * kMiB);
  pool.acquire(20 * kMiB).reset();  // too large to be kept
  pool.shrink();
  CHECK(pool.idle_bytes() == 0);
  // What is left of a block that was given back by and by may be small.
  BlockRef block = pool.acquire(2 * kMiB);
  BlockPool::cut(block, 4096);
  block.reset();
  CHECK(pool.idle_bytes() == 0);
}

TEST_CASE("idle blocks that nobody needs are freed, the others kept") {
  BlockPool pool;
  std::vector<BlockRef> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(pool.acquire(1));
  blocks.clear();
  pool.shrink();  // all ten were needed
  for (int i = 0; i < 3; ++i) blocks.push_back(pool.acquire(1));
  blocks.clear();
  pool.shrink();  // seven were not
  CHECK(pool.idle_bytes() == 3 * BlockPool::kCapacities[0]);
  pool.shrink();
  CHECK(pool.idle_bytes() == 0);
}

}  // namespace slotway::wire
