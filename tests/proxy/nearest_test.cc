#include "proxy/upstream/nearest.h"

#include <doctest/doctest.h>

#include <array>

namespace slotway::proxy {

namespace {

constexpr uint64_t kUs = 1000;
constexpr uint64_t kMs = 1000 * kUs;

// A server with a clock of its own.
struct Probed {
  RoundTrip trip;
  uint64_t now = 1000 * kMs;

  void probe(uint64_t took_ns) {
    trip.sent(now);
    now += took_ns;
    trip.answered(now);
  }
  uint64_t estimate() const { return trip.estimate(now); }
};

}  // namespace

TEST_CASE("a probe is due at first, and half a second after the last") {
  Probed server;
  CHECK(server.trip.due(server.now));
  server.trip.sent(server.now);
  CHECK(!server.trip.due(server.now + 10 * RoundTrip::kIntervalNs));  // one at a time
  server.trip.answered(server.now + kMs);
  CHECK(!server.trip.due(server.now + RoundTrip::kIntervalNs - 1));
  CHECK(server.trip.due(server.now + RoundTrip::kIntervalNs));
}

TEST_CASE("the estimate is the first measurement, then follows slowly") {
  Probed server;
  CHECK(server.estimate() == RoundTrip::kUnknown);
  server.probe(400 * kUs);
  CHECK(server.estimate() == 400 * kUs);
  server.probe(800 * kUs);
  CHECK(server.estimate() == 500 * kUs);
  server.probe(100 * kUs);
  CHECK(server.estimate() == 400 * kUs);
  for (int i = 0; i < 30; ++i) server.probe(800 * kUs);
  CHECK(server.estimate() > 790 * kUs);
}

TEST_CASE("a probe that is unanswered counts with its age") {
  Probed server;
  server.trip.sent(server.now);
  CHECK(server.trip.estimate(server.now + 50 * kMs) == RoundTrip::kUnknown);
  server.trip.answered(server.now + kMs);
  server.trip.sent(server.now + 500 * kMs);
  CHECK(server.trip.estimate(server.now + 500 * kMs + 10) == kMs);
  CHECK(server.trip.estimate(server.now + 700 * kMs) == 200 * kMs);
}

TEST_CASE("a pause is forgotten as soon as the next probe says so") {
  Probed server;
  for (int i = 0; i < 5; ++i) server.probe(100 * kUs);
  server.probe(5000 * kMs);
  CHECK(server.estimate() == 5000 * kMs);  // until then it is taken as it is
  CHECK(server.trip.due(server.now));      // and asked again at once
  server.probe(100 * kUs);
  CHECK(server.estimate() == 100 * kUs);
}

TEST_CASE("a lasting change is believed at the second probe, in both directions") {
  Probed server;
  for (int i = 0; i < 5; ++i) server.probe(100 * kUs);
  server.probe(50 * kMs);
  server.probe(60 * kMs);
  CHECK(server.estimate() == 60 * kMs);
  CHECK(!server.trip.due(server.now));
  server.probe(100 * kUs);
  CHECK(server.estimate() == 60 * kMs);
  server.probe(100 * kUs);
  CHECK(server.estimate() == 100 * kUs);
}

TEST_CASE("the chosen one stays unless another is better by a fifth") {
  CHECK(nearest(std::array<uint64_t, 2>{1000, 801}, 0) == 0);
  CHECK(nearest(std::array<uint64_t, 2>{1000, 800}, 0) == 1);
  CHECK(nearest(std::array<uint64_t, 2>{801, 1000}, 1) == 1);
  CHECK(nearest(std::array<uint64_t, 2>{800, 1000}, 1) == 0);
  CHECK(nearest(std::array<uint64_t, 4>{1000, 700, 500, 600}, 0) == 2);
  CHECK(nearest(std::array<uint64_t, 1>{1000}, 0) == 0);
}

TEST_CASE("what is known wins over the unknown, what is usable over what is not") {
  constexpr uint64_t kUnknown = RoundTrip::kUnknown;
  constexpr uint64_t kUnusable = RoundTrip::kUnusable;
  CHECK(nearest(std::array<uint64_t, 2>{kUnknown, kUnknown}, 0) == 0);
  CHECK(nearest(std::array<uint64_t, 2>{kUnknown, kUnknown}, 1) == 1);
  CHECK(nearest(std::array<uint64_t, 2>{kUnknown, 5000}, 0) == 1);
  CHECK(nearest(std::array<uint64_t, 2>{5000, kUnknown}, 0) == 0);
  CHECK(nearest(std::array<uint64_t, 3>{kUnusable, kUnusable, kUnknown}, 0) == 2);
  CHECK(nearest(std::array<uint64_t, 2>{kUnusable, 1ull << 60}, 0) == 1);
}

}  // namespace slotway::proxy
