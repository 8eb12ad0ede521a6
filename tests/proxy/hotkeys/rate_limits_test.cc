#include "proxy/hotkeys/rate_limits.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace slotway::proxy {

namespace {

using Kind = RateLimits::Kind;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1000 * kMs;
constexpr uint64_t kStart = 123'456 * kSecond;  // of the virtual clock

struct Limits : RateLimits {
  Limits() { open(); }
};

// How many of those that come every `every_ns` are let through from `begin` on.
uint64_t taken(RateLimits& limits, const RateLimits::Limited& limited, uint64_t begin,
               uint64_t for_ns, uint64_t every_ns) {
  uint64_t count = 0;
  for (uint64_t at = 0; at < for_ns; at += every_ns) count += limits.take(limited, begin + at);
  return count;
}

// Different hashes of one bucket.
uint64_t in_bucket(uint64_t number) { return 7 + (number << 40); }

}  // namespace

TEST_CASE("rate limits: a burst is what 100 ms bring, and then it is the rate") {
  for (const uint64_t rate : {1, 7, 10, 100, 5000, 30'000, 1'000'000}) {
    CAPTURE(rate);
    Limits limits;
    const RateLimits::Limited limited{99, Kind::kRead, rate};
    const uint64_t burst = std::max<uint64_t>(1, rate / 10);
    uint64_t at_once = 0;
    while (limits.take(limited, kStart)) ++at_once;
    CHECK(at_once == burst);
    // Ten seconds of many times as many as may be.
    const uint64_t times = rate < 1000 ? 1000 : 4;
    const double more =
        static_cast<double>(taken(limits, limited, kStart, 10 * kSecond, kSecond / rate / times));
    CHECK(more <= 10 * static_cast<double>(rate));
    CHECK(more >= 9.9 * static_cast<double>(rate) - 1);
    // Those that come evenly all pass.
    const uint64_t later = kStart + 100 * kSecond;
    CHECK(taken(limits, limited, later, kSecond, kSecond / rate + 16) >= rate * 98 / 100);
  }
}

TEST_CASE("rate limits: what is refused uses nothing up, and asking does not count") {
  Limits limits;
  const RateLimits::Limited limited{99, Kind::kRead, 1};
  CHECK(limits.allows(limited, kStart));
  CHECK(limits.allows(limited, kStart));
  CHECK(limits.take(limited, kStart));
  for (uint64_t ms = 0; ms < 1000; ms += 10) {
    CHECK(!limits.allows(limited, kStart + ms * kMs));
    CHECK(!limits.take(limited, kStart + ms * kMs));
  }
  CHECK(limits.allows(limited, kStart + kSecond));
  CHECK(limits.take(limited, kStart + kSecond));
}

TEST_CASE("rate limits: keys, and reads and writes of a key, are apart") {
  Limits limits;
  CHECK(limits.take({99, Kind::kRead, 1}, kStart));
  CHECK(limits.take({99, Kind::kWrite, 1}, kStart));
  CHECK(limits.take({100, Kind::kRead, 1}, kStart));
  CHECK(!limits.take({99, Kind::kRead, 1}, kStart));
  CHECK(!limits.take({99, Kind::kWrite, 1}, kStart));
  CHECK(!limits.take({100, Kind::kRead, 1}, kStart));
}

TEST_CASE("rate limits: no key is limited because of others, and what is over its limit stays") {
  Limits limits;
  const RateLimits::Limited hot{in_bucket(1), Kind::kRead, 1000};
  while (limits.take(hot, kStart)) {
  }
  // Of its bucket, thousands that have not been seen before.
  for (uint64_t i = 2; i < 5000; ++i) CHECK(limits.take({in_bucket(i), Kind::kRead, 1000}, kStart));
  CHECK(!limits.take(hot, kStart));
}

TEST_CASE("rate limits: a worker whose clock is behind, or ahead, does not let more through") {
  Limits limits;
  const RateLimits::Limited limited{99, Kind::kRead, 100};
  uint64_t count = 0;
  for (uint64_t ms = 0; ms < 10'000; ++ms) {
    count += limits.take(limited, kStart + ms * kMs);
    count += limits.take(limited, kStart + (ms + 20) * kMs);
    count += limits.take(limited, kStart + ms * kMs - 20 * kMs);
  }
  CHECK(count <= 10 + 1000 + 3);
  CHECK(count >= 1000);
}

TEST_CASE("rate limits: a key of long ago is as if it had never been") {
  for (const uint64_t hours : {1, 2, 3, 4, 6, 24, 1000}) {
    CAPTURE(hours);
    Limits limits;
    const RateLimits::Limited limited{99, Kind::kRead, 1};
    CHECK(limits.take(limited, kStart));
    CHECK(limits.take(limited, kStart + hours * 3600 * kSecond));
  }
}

TEST_CASE("rate limits: the time wraps without notice") {
  Limits limits;
  const RateLimits::Limited limited{99, Kind::kRead, 1000};
  const uint64_t wrap = 16ull << 40;  // ns
  const uint64_t count = taken(limits, limited, 5 * wrap - kSecond, 2 * kSecond, kMs / 4);
  CHECK(count <= 2105);
  CHECK(count >= 2095);
}

TEST_CASE("rate limits: another rate holds at once") {
  Limits limits;
  CHECK(limits.take({99, Kind::kRead, 1}, kStart));
  CHECK(!limits.take({99, Kind::kRead, 1000}, kStart + 100 * kMs));  // the second is not over
  CHECK(taken(limits, {99, Kind::kRead, 1000}, kStart + 2 * kSecond, kSecond, kMs / 2) >= 1000);
  CHECK(taken(limits, {99, Kind::kRead, 10}, kStart + 10 * kSecond, kSecond, kMs) <= 11);
}

TEST_CASE("rate limits: threads together get no more than one") {
  Limits limits;
  constexpr uint64_t kRate = 100'000;
  std::atomic<uint64_t> clock{kStart};
  std::atomic<uint64_t> count{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200'000; ++n) {
        // All threads move the one clock: 800,000 requests in two seconds.
        const uint64_t now = clock.fetch_add(2'500, std::memory_order_relaxed);
        if (limits.take({99, Kind::kWrite, kRate}, now)) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count <= 2 * kRate + kRate / 10 + kRate / 50);
  CHECK(count >= 2 * kRate * 9 / 10);
}

}  // namespace slotway::proxy
