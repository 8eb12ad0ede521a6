#include "proxy/scripts/script_calls.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

namespace slotway::proxy {

namespace {

const wire::Sha1 kOne = wire::sha1("return 1");
const wire::Sha1 kTwo = wire::sha1("return 2");

struct Calls {
  wire::BlockPool pool;
  ScriptCalls calls{pool};

  void keep(uint64_t number, const wire::Sha1& digest, std::string_view bytes) {
    const wire::BlockRef block = pool.acquire(bytes.size());
    std::memcpy(block->data(), bytes.data(), bytes.size());
    wire::Request request;
    request.raw = {block->data(), bytes.size()};
    calls.keep(number, digest, request, block);
  }
  std::string repeat() {
    wire::OutputBuffer out(pool);
    calls.repeat(out);
    std::string text;
    for (const wire::BlockRange& range : out.ranges()) text += range.view();
    return text;
  }
};

}  // namespace

TEST_CASE("what was loaded counts until scripts are forgotten") {
  Calls test;
  CHECK_FALSE(test.calls.is_loaded(kOne, 0));
  test.calls.note_loaded(kOne);
  test.calls.note_loaded(kTwo);
  CHECK(test.calls.is_loaded(kOne, 0));
  test.calls.note_missing(kOne);
  CHECK_FALSE(test.calls.is_loaded(kOne, 0));
  CHECK(test.calls.is_loaded(kTwo, 0));
  CHECK_FALSE(test.calls.is_loaded(kTwo, 1));
  CHECK_FALSE(test.calls.is_loaded(kTwo, 0));
}

TEST_CASE("a call is found by its number and repeated byte for byte, whatever its size") {
  Calls test;
  const std::string large(100'000, 'x');
  test.keep(3, kOne, "first");
  test.keep(5, kTwo, large);
  test.keep(6, kOne, "third");
  test.keep(9, kTwo, "last");
  CHECK(test.calls.find(1) == nullptr);
  CHECK(test.calls.find(2) == nullptr);
  REQUIRE(test.calls.find(3) != nullptr);
  CHECK(*test.calls.find(3) == kOne);
  CHECK(test.repeat() == "first");
  CHECK(test.calls.find(3) == nullptr);
  REQUIRE(test.calls.find(5) != nullptr);
  CHECK(*test.calls.find(5) == kTwo);
  CHECK(test.repeat() == large);
  test.calls.drop_before(7);
  CHECK(test.calls.find(6) == nullptr);
  REQUIRE(test.calls.find(9) != nullptr);
  CHECK(test.repeat() == "last");
}

TEST_CASE("calls are kept up to a bound of bytes") {
  Calls test;
  const std::string large(1 << 20, 'x');
  constexpr uint64_t kFit = ScriptCalls::kMaxKept >> 20;
  for (uint64_t i = 1; i <= 2 * kFit; ++i) test.keep(i, kOne, large);
  CHECK(test.calls.find(kFit) != nullptr);
  CHECK(test.repeat() == large);
  CHECK(test.calls.find(kFit + 1) == nullptr);
  test.keep(100, kOne, "again");
  REQUIRE(test.calls.find(100) != nullptr);
  CHECK(test.repeat() == "again");
}

}  // namespace slotway::proxy
