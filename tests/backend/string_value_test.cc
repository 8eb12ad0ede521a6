#include "backend/types/string_value.h"

#include <doctest/doctest.h>

#include <string>

#include "backend/engine/value_operations.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

std::string resp_of(const Entry* entry) {
  wire::BlockPool pool;
  wire::OutputBuffer out(pool);
  wire::ReplyWriter reply(out);
  write_string(entry, reply);
  std::string text;
  for (const wire::BlockRange& range : out.ranges()) text += range.view();
  return text;
}

}  // namespace

TEST_CASE("bytes come back whatever they are kept as") {
  wire::BlockPool blocks;
  const std::pair<std::string, Encoding> cases[] = {
      {"", Encoding::kEmbstr},
      {"0", Encoding::kInt},
      {"-1", Encoding::kInt},
      {"9223372036854775807", Encoding::kInt},
      {"-9223372036854775808", Encoding::kInt},
      {"9223372036854775808", Encoding::kEmbstr},
      {"01", Encoding::kEmbstr},
      {"-0", Encoding::kEmbstr},
      {"+1", Encoding::kEmbstr},
      {" 1", Encoding::kEmbstr},
      {std::string("a\0\r\nb", 5), Encoding::kEmbstr},
      {std::string(44, 'x'), Encoding::kEmbstr},
      {std::string(45, 'x'), Encoding::kRaw},
      {std::string(4096, 'x'), Encoding::kRaw},
      {std::string(4097, 'x'), Encoding::kRaw},
      {std::string(100'000, 'x'), Encoding::kRaw},
  };
  for (const auto& [bytes, encoding] : cases) {
    Entry* const entry = make_string(blocks, "key", bytes, Entry::kNoExpiry);
    CAPTURE(bytes.substr(0, 50));
    CHECK(entry->encoding() == encoding);
    CHECK(text_of(entry) == bytes);
    CHECK(string_size(entry) == bytes.size());
    CHECK(resp_of(entry) == "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n");
    Reclaimer::dispose(entry);
  }
}

TEST_CASE("assigning in place happens only where the allocation fits") {
  wire::BlockPool blocks;
  Entry* const entry = make_string(blocks, "key of 14 char", "text 56789", 77);
  CHECK(assign_string(entry, "abcdefghijk"));
  CHECK(text_of(entry) == "abcdefghijk");
  CHECK(entry->expiry_ms() == 77);
  CHECK(assign_string(entry, "1234567"));
  CHECK(entry->encoding() == Encoding::kInt);
  CHECK(text_of(entry) == "1234567");
  CHECK_FALSE(assign_string(entry, std::string(200, 'x')));
  CHECK_FALSE(assign_string(entry, std::string(100'000, 'x')));
  CHECK(text_of(entry) == "1234567");
  CHECK(entry->key() == "key of 14 char");
  Reclaimer::dispose(entry);
  Entry* const large = make_string(blocks, "key", std::string(5000, 'x'), Entry::kNoExpiry);
  CHECK_FALSE(assign_string(large, "small"));
  CHECK(string_size(large) == 5000);
  Reclaimer::dispose(large);
}

TEST_CASE("extending fills with zeros and never touches bytes that others refer to") {
  wire::BlockPool blocks;
  Entry* const entry = make_raw(blocks, "key", "abc", 6000, Entry::kNoExpiry);
  CHECK(text_of(entry) == "abc" + std::string(5997, '\0'));
  REQUIRE(extend_string(entry, 7000));
  writable_bytes(entry)[6999] = 'z';
  CHECK(string_size(entry) == 7000);
  CHECK(text_of(entry).back() == 'z');
  {
    const wire::BlockRef reply_of_a_reader = [&] {
      auto* const block = static_cast<wire::Block*>(entry->reference().object);
      ++block->refs;
      return wire::BlockRef::adopt(block);
    }();
    CHECK_FALSE(extend_string(entry, 7001));
  }
  CHECK(extend_string(entry, 7001));
  CHECK_FALSE(extend_string(entry, 1 << 20));
  Reclaimer::dispose(entry);
  Entry* const number = make_integer("key", 5, Entry::kNoExpiry);
  CHECK_FALSE(extend_string(number, 2));
  Reclaimer::dispose(number);
}

TEST_CASE("long strings grow without being copied, and are zero behind") {
  wire::BlockPool blocks;
  const std::string bytes(3 << 20, 'x');
  Entry* const entry = make_text(blocks, "key", bytes, Entry::kNoExpiry);
  const size_t before = memory_of(entry);
  const size_t size = 100 << 20;
  {
    auto* const block = static_cast<wire::Block*>(entry->reference().object);
    ++block->refs;
    const wire::BlockRef reply_of_a_reader = wire::BlockRef::adopt(block);
    CHECK_FALSE(extend_string(entry, size));
  }
  REQUIRE(extend_string(entry, size));
  CHECK(memory_of(entry) >= before + (90 << 20));
  NumberText text;
  const std::string_view all = string_bytes(entry, text);
  CHECK(all.size() == size);
  CHECK(all.substr(0, bytes.size()) == bytes);
  CHECK(all.find_first_not_of('\0', bytes.size()) == std::string_view::npos);
  Reclaimer::dispose(entry);
}

TEST_CASE("long strings are zero behind whoever had their memory before") {
  constexpr size_t kMiB = 1 << 20;
  wire::BlockPool blocks;
  const auto take = [&](size_t size) {
    Entry* const entry = make_text(blocks, "key", std::string(size, 'x'), Entry::kNoExpiry);
    Reclaimer::dispose(entry);
  };
  take(3 * kMiB);
  REQUIRE(blocks.idle_bytes() > 0);
  // One that is zero altogether, one with bytes in front, and one that grows beyond what was there.
  for (const size_t size : {2 * kMiB, 2 * kMiB + 1, 8 * kMiB}) {
    const std::string bytes(size % 2 ? 2 * kMiB : 0, 'y');
    Entry* const entry = make_raw(blocks, "key", bytes, 2 * kMiB, Entry::kNoExpiry);
    CHECK(blocks.idle_bytes() == 0);
    REQUIRE(extend_string(entry, size));
    const std::string all = text_of(entry);
    CHECK(all.size() == size);
    CHECK(all.substr(0, bytes.size()) == bytes);
    CHECK(all.find_first_not_of('\0', bytes.size()) == std::string::npos);
    Reclaimer::dispose(entry);
    blocks.shrink();
    blocks.shrink();
    take(3 * kMiB);
  }
}

TEST_CASE("numbers are recognised in any encoding") {
  wire::BlockPool blocks;
  Entry* const text = make_text(blocks, "key", "42", Entry::kNoExpiry);
  CHECK(text->encoding() == Encoding::kEmbstr);
  CHECK(string_integer(text) == 42);
  Entry* const word = make_text(blocks, "key", "42x", Entry::kNoExpiry);
  CHECK_FALSE(string_integer(word));
  Reclaimer::dispose(text);
  Reclaimer::dispose(word);
}

}  // namespace slotway::backend
