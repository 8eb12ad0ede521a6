#include "proxy/upstream/breaker.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kWindow = 2 * kSecond;

// Time-outs at `from_ns` and after, close to each other.
bool fail(Breaker& breaker, uint64_t from_ns, uint32_t times) {
  bool opened = false;
  for (uint32_t i = 0; i < times; ++i) opened = breaker.failed(from_ns + i, kWindow);
  return opened;
}

}  // namespace

TEST_CASE("a breaker opens after time-outs in a row that are spread over the window") {
  Breaker breaker;
  CHECK_FALSE(breaker.open());
  CHECK_FALSE(fail(breaker, kSecond, Breaker::kFailures - 1));
  CHECK_FALSE(breaker.failed(kSecond + kWindow - 1, kWindow));
  CHECK_FALSE(breaker.open());
  CHECK(breaker.failed(kSecond + kWindow, kWindow));
  CHECK(breaker.open());
  // It opens once.
  CHECK_FALSE(breaker.failed(kSecond + kWindow + 1, kWindow));
  CHECK(breaker.open());
}

TEST_CASE("a few time-outs, however far apart, do not open a breaker") {
  Breaker breaker;
  for (uint32_t i = 1; i < Breaker::kFailures; ++i) {
    CHECK_FALSE(breaker.failed(i * 10 * kWindow, kWindow));
  }
  CHECK_FALSE(breaker.open());
}

TEST_CASE("a failure of long ago is forgotten") {
  Breaker breaker;
  CHECK_FALSE(breaker.failed(kSecond, kWindow));
  CHECK_FALSE(fail(breaker, kSecond + 100 * kWindow, 100));
  CHECK_FALSE(breaker.open());
  CHECK(fail(breaker, kSecond + 101 * kWindow, 1));
}

TEST_CASE("an answer begins the count and the window anew") {
  Breaker breaker;
  fail(breaker, kSecond, 100);
  breaker.succeeded();
  fail(breaker, kSecond + kWindow, 100);
  CHECK_FALSE(breaker.open());
  fail(breaker, kSecond + 2 * kWindow, 1);
  CHECK(breaker.open());
  breaker.succeeded();
  CHECK_FALSE(breaker.open());
}

TEST_CASE("probes go out while a breaker is open, with pauses that grow to a bound") {
  Breaker breaker;
  CHECK_FALSE(breaker.take_probe(kSecond));
  fail(breaker, kSecond, Breaker::kFailures);
  const uint64_t opened = kSecond + kWindow;
  fail(breaker, opened, 1);
  uint64_t now = opened;
  uint64_t pause = Breaker::kFirstPauseNs;
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    CHECK(breaker.take_probe(now));
    CHECK_FALSE(breaker.take_probe(now + pause - 1));
    now += pause;
    pause = pause * 2 < Breaker::kLongestPauseNs ? pause * 2 : Breaker::kLongestPauseNs;
  }
  breaker.succeeded();
  CHECK_FALSE(breaker.take_probe(now + 10 * kSecond));
}

TEST_CASE("a busy shard opens the breaker at once, and is asked often until it is not") {
  Breaker breaker;
  breaker.found_busy("BUSY runs a script", kSecond);
  CHECK(breaker.open());
  CHECK(breaker.is_busy());
  CHECK(breaker.busy_text() == "runs a script");
  CHECK_FALSE(breaker.take_probe(kSecond));
  CHECK(breaker.take_probe(kSecond + Breaker::kBusyPauseNs));
  breaker.found_busy("BUSY still", 2 * kSecond);
  CHECK(breaker.busy_text() == "still");
  CHECK(breaker.take_probe(2 * kSecond + Breaker::kBusyPauseNs));
  breaker.succeeded();
  CHECK_FALSE(breaker.open());
  CHECK_FALSE(breaker.is_busy());
}

}  // namespace slotway::proxy
