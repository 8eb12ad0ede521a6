#include "wire/output_buffer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace slotway::wire {

namespace {

// The content, read as a writev would.
std::string content(const OutputBuffer& out, size_t limit = 4096) {
  std::vector<iovec> entries(limit);
  const size_t count = out.gather(entries.data(), limit);
  std::string all;
  for (size_t i = 0; i < count; ++i) {
    CHECK(entries[i].iov_len > 0);
    all.append(static_cast<const char*>(entries[i].iov_base), entries[i].iov_len);
  }
  return all;
}

BlockRef block_of(BlockPool& pool, std::string_view bytes) {
  BlockRef block = pool.acquire(bytes.size());
  std::memcpy(block->data(), bytes.data(), bytes.size());
  return block;
}

}  // namespace

TEST_CASE("small pieces are gathered in one range") {
  BlockPool pool;
  OutputBuffer out(pool);
  CHECK(out.empty());
  for (int i = 0; i < 100; ++i) out.append("+OK\r\n");
  CHECK(out.size() == 500);
  iovec entries[4];
  CHECK(out.gather(entries, 4) == 1);
  CHECK(entries[0].iov_len == 500);
}

TEST_CASE("appending nothing changes nothing") {
  BlockPool pool;
  OutputBuffer out(pool);
  out.append("");
  out.append(std::string_view());
  out.append_reference({pool.acquire(1), nullptr, 0});
  CHECK(out.empty());
  CHECK(content(out) == "");
  out.append("x");
  out.append(std::string_view());
  CHECK(content(out) == "x");
}

TEST_CASE("a large payload is referenced, a small one copied") {
  BlockPool pool;
  OutputBuffer out(pool);
  const BlockRef block = block_of(pool, std::string(40000, 'v'));
  const std::string_view bytes(block.get()->data(), 40000);
  out.append(block, bytes.substr(0, OutputBuffer::kReferenceThreshold - 1));
  CHECK_FALSE(block.shared());
  out.append(block, bytes.substr(0, OutputBuffer::kReferenceThreshold));
  CHECK(block.shared());
  CHECK(out.size() == 2 * OutputBuffer::kReferenceThreshold - 1);
  out.consume(OutputBuffer::kReferenceThreshold - 1);
  CHECK(block.shared());
  out.consume(OutputBuffer::kReferenceThreshold);
  CHECK_FALSE(block.shared());
}

TEST_CASE("what follows a reference goes into the room behind what stood before it") {
  BlockPool pool;
  OutputBuffer out(pool);
  out.append("$16384\r\n");
  const BlockRef block = block_of(pool, std::string(16384, 'v'));
  out.append(block, {block.get()->data(), 16384});
  out.append("\r\n");
  CHECK(content(out) == "$16384\r\n" + std::string(16384, 'v') + "\r\n");
  iovec entries[4];
  REQUIRE(out.gather(entries, 4) == 3);
  CHECK(static_cast<char*>(entries[2].iov_base) ==
        static_cast<char*>(entries[0].iov_base) + entries[0].iov_len);
}

TEST_CASE("an empty buffer holds no block") {
  BlockPool pool;
  OutputBuffer out(pool);
  const BlockRef block = block_of(pool, "referenced");
  out.append("copied");
  out.append_reference({block, block.get()->data(), 10});
  out.consume(16);
  CHECK(out.empty());
  CHECK_FALSE(block.shared());
  out.append_reference({block, block.get()->data(), 10});
  out.clear();
  CHECK(out.empty());
  CHECK_FALSE(block.shared());
  CHECK(content(out) == "");
}

TEST_CASE("gather stops at a number of bytes, in the middle of a range if need be") {
  BlockPool pool;
  OutputBuffer out(pool);
  const std::string large(OutputBuffer::kReferenceThreshold, 'r');
  const BlockRef block = block_of(pool, large);
  out.append("head");
  out.append(block, {block.get()->data(), large.size()});
  iovec entries[4];
  CHECK(out.gather(entries, 4, 0) == 0);
  REQUIRE(out.gather(entries, 4, 4) == 1);
  CHECK(entries[0].iov_len == 4);
  REQUIRE(out.gather(entries, 4, 10) == 2);
  CHECK(entries[1].iov_len == 6);
  REQUIRE(out.gather(entries, 4, 1 << 20) == 2);
  CHECK(entries[1].iov_len == large.size());
}

TEST_CASE("gather stops at its limit") {
  BlockPool pool;
  OutputBuffer out(pool);
  const BlockRef block = block_of(pool, "abcdefghij");
  for (size_t i = 0; i < 10; ++i) out.append_reference({block, block.get()->data() + i, 1});
  CHECK(content(out, 4) == "abcd");
  out.consume(3);
  CHECK(content(out, 4) == "defg");
  CHECK(content(out) == "defghij");
}

TEST_CASE("reserve gives room in one piece") {
  BlockPool pool;
  OutputBuffer out(pool);
  std::string model;
  for (int i = 0; i < 100; ++i) {
    char* const at = out.reserve(1024);
    const size_t used = static_cast<size_t>(i * 37 % 1025);
    std::memset(at, 'a' + i % 26, 1024);
    out.advance(used);
    model += std::string(used, static_cast<char>('a' + i % 26));
  }
  CHECK(out.size() == model.size());
  CHECK(content(out) == model);
}

TEST_CASE("any interleaving gives the bytes in order") {
  BlockPool pool;
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    OutputBuffer out(pool);
    std::string model;
    for (int step = 0; step < 2000; ++step) {
      const auto letter = static_cast<char>('a' + random() % 26);
      // Mostly small, sometimes larger than any block.
      const size_t size = random() % 50 == 0 ? random() % 150000 : random() % 3000;
      switch (random() % 6) {
        case 0:
        case 1:
          out.append(std::string(size, letter));
          model.append(size, letter);
          break;
        case 2: {
          const BlockRef block = block_of(pool, std::string(size + 1, letter));
          out.append(block, {block.get()->data(), size});
          model.append(size, letter);
          break;
        }
        case 3: {
          const BlockRef block = block_of(pool, std::string(size + 1, letter));
          out.append_reference({block, block.get()->data() + 1, size});
          model.append(size, letter);
          break;
        }
        case 4: {
          const size_t used = size % 1025;
          std::memset(out.reserve(1024), letter, used);
          out.advance(used);
          model.append(used, letter);
          break;
        }
        default: {
          // Now and then to the very end.
          const size_t part =
              random() % 20 == 0 ? model.size() : std::min<size_t>(model.size(), random() % 20000);
          out.consume(part);
          model.erase(0, part);
        }
      }
      if (out.size() != model.size()) FAIL("size is wrong at step " << step);
      if (step % 50 == 0) CHECK(content(out) == model);
    }
    CHECK(content(out) == model);
  }
}

}  // namespace slotway::wire
