#include "proxy/stored_reply.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::proxy {

namespace {

std::string text_of(const StoredReply& reply, wire::BlockPool& pool) {
  wire::OutputBuffer out(pool);
  reply.write_to(out);
  std::string text;
  for (const wire::BlockRange& range : out.ranges()) text += range.view();
  return text;
}

}  // namespace

TEST_CASE("what is appended comes out in order, at every size and in every number of pieces") {
  wire::BlockPool pool;
  for (const size_t size : {size_t{1}, StoredReply::kInlineSize, StoredReply::kInlineSize + 1,
                            size_t{5000}, size_t{16383}, size_t{16384}, size_t{60000}}) {
    for (const size_t pieces : {size_t{1}, size_t{2}, size_t{7}}) {
      wire::BlockRef block = pool.acquire(size * pieces);
      std::string expected;
      StoredReply reply;
      for (size_t i = 0; i < pieces; ++i) {
        char* const at = block->data() + i * size;
        std::fill(at, at + size, static_cast<char>('a' + i));
        reply.append(block, {at, size});
        expected.append(at, size);
      }
      const bool referenced = size >= wire::OutputBuffer::kReferenceThreshold;
      CHECK(block.shared() == referenced);
      CHECK(reply.size() == expected.size());
      CHECK(text_of(reply, pool) == expected);
      CHECK(reply.contiguous(pool) == expected);
      CHECK(text_of(reply, pool) == expected);
      reply.clear();
      CHECK(reply.empty());
      CHECK_FALSE(block.shared());
    }
  }
}

TEST_CASE("a small reply holds no block") {
  wire::BlockPool pool;
  wire::BlockRef block = pool.acquire(100);
  StoredReply reply;
  reply.append(block, {block->data(), 100});
  CHECK_FALSE(block.shared());
}

}  // namespace slotway::proxy
