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

TEST_CASE("what a block holds is referenced, unless it fits inside") {
  wire::BlockPool pool;
  const auto text = std::make_shared<const std::string>(1000, 'x');
  {
    const wire::BlockRef block = pool.hold(text);
    CHECK(text.use_count() == 2);
    StoredReply small;
    small.append(block, std::string_view(*text).substr(0, StoredReply::kInlineSize));
    CHECK_FALSE(block.shared());
    StoredReply reply;
    reply.append(block, *text);
    CHECK(block.shared());
    CHECK(reply.contiguous(pool).data() == text->data());
    CHECK(text_of(reply, pool) == *text);
    small.append(block, *text);
    CHECK(text_of(small, pool) == text->substr(0, StoredReply::kInlineSize) + *text);
  }
  CHECK(text.use_count() == 1);
}

TEST_CASE("a large part of a stored reply is written by reference, a small one copied") {
  wire::BlockPool pool;
  wire::OutputBuffer out(pool);
  const std::string large(wire::OutputBuffer::kReferenceThreshold, 'l');
  StoredReply reply;
  reply.append(pool, "small");
  reply.append(pool, large);
  const std::string_view whole = reply.contiguous(pool);
  reply.write_part(whole.substr(0, 5), out);
  CHECK(out.ranges().front().data != whole.data());
  reply.write_part(whole.substr(5), out);
  CHECK(out.ranges()[1].data == whole.data() + 5);
  reply.clear();  // the output keeps what it refers to
  CHECK(out.ranges()[0].view() == "small");
  CHECK(out.ranges()[1].view() == large);
}

TEST_CASE("parts of an inline reply are copied") {
  wire::BlockPool pool;
  wire::OutputBuffer out(pool);
  StoredReply reply;
  reply.append(pool, "abc");
  reply.write_part(reply.contiguous(pool).substr(1), out);
  reply.clear();
  CHECK(out.ranges()[0].view() == "bc");
}

}  // namespace slotway::proxy
