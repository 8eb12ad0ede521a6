#include "proxy/fanout/scan.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::proxy {

TEST_CASE("a scan cursor holds shard and cursor below 2^63") {
  const ScanCursor cursor{16383, (1ull << 48) - 1};
  CHECK(cursor.encode() < 1ull << 63);
  const auto decoded = ScanCursor::decode(std::to_string(cursor.encode()), 16384);
  REQUIRE(decoded);
  CHECK(decoded->shard == 16383);
  CHECK(decoded->cursor == (1ull << 48) - 1);
  CHECK(ScanCursor{}.encode() == 0);
}

TEST_CASE("cursors that no reply held are refused") {
  for (const char* text : {"", "x", "-1", "1x", " 1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(ScanCursor::decode(text, 3));
  }
  CHECK_FALSE(ScanCursor::decode(std::to_string(3ull << 48), 3));
  CHECK(ScanCursor::decode(std::to_string(2ull << 48), 3));
}

}  // namespace slotway::proxy
