#include "proxy/hotkeys/detector.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>

#include "proxy/hotkeys/key_hash.h"

namespace slotway::proxy::hotkeys {

namespace {

constexpr uint64_t kMillisecond = 1'000'000;

// A worker with a clock of its own: background requests for keys that hardly come twice, and the
// test's among them.
struct Load {
  Detector detector;
  uint64_t now;
  uint64_t next_snapshot;
  uint64_t stranger = 0;
  uint64_t requests = 0;
  Snapshot last;

  explicit Load(const Thresholds& thresholds = {}, uint64_t start = 12'345)
      : detector(thresholds, start), now(start), next_snapshot(start + Detector::kSnapshotEvery) {}

  Noted note(const std::string& key, Kind kind = Kind::read, uint64_t bytes = 0) {
    if (!detector.take()) return {};
    return detector.note(key, key_hash(key, 1), kind, bytes);
  }
  uint8_t request(const std::string& key, Kind kind = Kind::read, uint64_t bytes = 0) {
    return note(key, kind, bytes).news;
  }
  // Milliseconds of 100 requests each, `own(ms)` among them.
  template <typename Own>
  void run(int milliseconds, Own own, Kind kind = Kind::read, uint64_t bytes = 0) {
    for (int ms = 0; ms < milliseconds; ++ms) {
      detector.advance(now);
      for (int i = 0; i < 100; ++i) {
        request("stranger:" + std::to_string(++stranger), kind, bytes);
      }
      own(ms);
      now += kMillisecond;
      if (now < next_snapshot) continue;
      last = detector.snapshot(now);
      next_snapshot += Detector::kSnapshotEvery;
    }
  }
  void run(int milliseconds) {
    run(milliseconds, [](int) {});
  }
  const HotKey* find(std::string_view key) const {
    for (const HotKey& it : last.keys) {
      if (it.key == key) return &it;
    }
    return nullptr;
  }
};

uint64_t stranger_hash(uint64_t number) {
  return key_hash("stranger:" + std::to_string(number), 1);
}

}  // namespace

TEST_CASE("detector: fits its budget") {
  const auto detector = std::make_unique<Detector>(Thresholds{}, 0);
  CHECK(detector->bytes() <= 144 * 1024);
}

TEST_CASE(
    "detector: a key with a fifth of the requests is hot within milliseconds, and told once") {
  Load load;
  load.run(1000);
  CHECK(load.last.keys.empty());
  CHECK(load.last.requests == doctest::Approx(100'000).epsilon(0.01));
  int told = 0;
  int first = 0;
  load.run(500, [&](int ms) {
    for (int i = 0; i < 25; ++i) {
      const uint8_t news = load.request("flash");
      if (news == 0) continue;
      CHECK(news == 1 << kRequests);
      if (++told == 1) first = ms;
    }
  });
  CHECK(told == 1);
  CHECK(first <= 20);
  const HotKey* const flash = load.find("flash");
  REQUIRE(flash != nullptr);
  CHECK(load.last.keys.size() == 1);
  CHECK(flash->hot_by(kRequests));
  CHECK_FALSE(flash->hot_by(kWrites));
  CHECK_FALSE(flash->hot_by(kBytes));
  CHECK(flash->requests == doctest::Approx(25'000).epsilon(0.02));
  CHECK(flash->share == doctest::Approx(0.2).epsilon(0.05));
  CHECK(flash->hash == key_hash("flash", 1));
  CHECK(flash->writes == 0);
}

TEST_CASE("detector: half of the share, or of the rate, is not hot") {
  SUBCASE("the share") {
    // 100,000 requests a second: 0.1 % are fewer than 500. 1 % are asked for instead.
    Load load({.share = 0.01, .rate = 100});
    load.run(2000, [&](int ms) {
      if (ms % 2 == 0) load.request("half");  // .5 %
      load.request("full");                   // 1 %
    });
    REQUIRE(load.find("full") != nullptr);
    CHECK(load.find("full")->hot_by(kRequests));
    CHECK(load.find("full")->heat == doctest::Approx(1).epsilon(0.1));
    REQUIRE(load.find("half") != nullptr);
    CHECK(load.find("half")->hot == 0);
  }
  SUBCASE("the rate") {
    Load load({.share = 0.0001, .rate = 500});
    load.run(2000, [&](int ms) {
      if (ms % 4 == 0) load.request("half");
      if (ms % 2 == 0) load.request("full");
    });
    REQUIRE(load.find("full") != nullptr);
    CHECK(load.find("full")->hot_by(kRequests));
    REQUIRE(load.find("half") != nullptr);
    CHECK(load.find("half")->hot == 0);
  }
}

TEST_CASE("detector: hot by bytes alone") {
  Load load;
  uint8_t news = 0;
  load.run(
      1000,
      [&](int ms) {
        if (ms % 10 == 0) news |= load.request("large", Kind::read, 100'000);
      },
      Kind::read, 64);
  CHECK(news == 1 << kBytes);
  REQUIRE(load.find("large") != nullptr);
  CHECK(load.find("large")->hot == 1 << kBytes);
  CHECK(load.find("large")->bytes == doctest::Approx(1e7).epsilon(0.02));
  CHECK(load.last.bytes == doctest::Approx(1e7 + 64e5).epsilon(0.03));
}

TEST_CASE("detector: bytes come with the replies, behind the requests") {
  // 100 requests a second are no heat; 100 KB each are.
  Load load;
  uint8_t news = 0;
  load.run(2000, [&](int ms) {
    for (int i = 0; i < 100; ++i)
      load.detector.note_reply(stranger_hash(load.stranger - 99 + i), 64, 1);
    if (ms % 10 != 0) return;
    news |= load.request("large");
    load.detector.note_reply(key_hash("large", 1), 100'000, 1);
  });
  CHECK(news == 1 << kBytes);
  const HotKey* const large = load.find("large");
  REQUIRE(large != nullptr);
  CHECK(large->hot == 1 << kBytes);
  CHECK(large->bytes == doctest::Approx(1e7).epsilon(0.05));
  CHECK(large->requests == doctest::Approx(100).epsilon(0.1));
  CHECK(load.last.bytes == doctest::Approx(1e7 + 64e5).epsilon(0.05));
  CHECK(load.last.keys.size() == 1);
}

TEST_CASE("detector: of small replies as many bytes are counted as there are, in any rhythm") {
  for (const uint64_t size : {1, 7, 100, 511, 512, 1023, 1024, 1025, 2048, 5000}) {
    CAPTURE(size);
    Load load({.share = 0.001, .rate = 500, .byte_rate = 1});
    // Two keys in turn: neither gets what is the other's.
    load.run(3000, [&](int) {
      for (int i = 0; i < 10; ++i) {
        load.request("one");
        load.detector.note_reply(key_hash("one", 1), size, 1);
        load.request("two");
        load.detector.note_reply(key_hash("two", 1), 2 * size, 1);
      }
    });
    REQUIRE(load.find("one") != nullptr);
    REQUIRE(load.find("two") != nullptr);
    const double expected = 10'000 * static_cast<double>(size);
    const double tolerance = size < 10 ? 0.5 : 0.15;
    CHECK(load.last.bytes == doctest::Approx(3 * expected).epsilon(tolerance));
    CHECK(load.find("one")->bytes == doctest::Approx(expected).epsilon(tolerance));
    CHECK(load.find("two")->bytes == doctest::Approx(2 * expected).epsilon(tolerance));
  }
}

TEST_CASE("detector: a key whose bytes were hot is not once they come from elsewhere") {
  Load load;
  const auto request = [&](int ms) { return ms % 40 == 0 ? load.request("large") : uint8_t{0}; };
  load.run(1000, [&](int ms) {
    request(ms);
    if (ms % 40 == 0) load.detector.note_reply(key_hash("large", 1), 400'000, 1);
  });
  REQUIRE(load.find("large") != nullptr);
  CHECK(load.find("large")->hot_by(kBytes));
  // Not a single reply more, to age what the sketch has.
  load.run(5000, [&](int ms) { request(ms); });
  CHECK(load.find("large") == nullptr);
}

TEST_CASE("detector: tells how long a key was hot before it was found") {
  for (const int per_ms : {1, 5, 25}) {
    CAPTURE(per_ms);
    Load load;
    load.run(1000);
    int found = -1;
    std::optional<uint64_t> delay;
    load.run(1000, [&](int ms) {
      for (int i = 0; i < per_ms; ++i) {
        const Noted noted = load.note("flash");
        if (noted.news == 0 || found >= 0) continue;
        found = ms;
        delay = noted.delay_ns;
      }
    });
    REQUIRE(found >= 0);
    REQUIRE(delay);
    // It rose when the second of the runs began.
    const double error = static_cast<double>(*delay) / kMillisecond - found;
    CHECK(error <= 2 + 0.15 * found);
    CHECK(error >= -1 - 0.15 * found);
  }
  SUBCASE("but not of one that had its name for long") {
    Load load;
    load.run(3000, [&](int ms) {
      if (ms % 6 == 0) load.request("slow");  // a third of the threshold
    });
    REQUIRE(load.find("slow") != nullptr);
    CHECK(load.find("slow")->hot == 0);
    uint8_t news = 0;
    bool has_delay = false;
    load.run(500, [&](int) {
      for (int i = 0; i < 5; ++i) {
        const Noted noted = load.note("slow");
        news |= noted.news;
        has_delay = has_delay || noted.delay_ns;
      }
    });
    CHECK(news == 1 << kRequests);
    CHECK_FALSE(has_delay);
  }
}

TEST_CASE("detector: the bytes of one in w replies stand for all") {
  auto detector = std::make_unique<Detector>(Thresholds{}, 0);
  std::mt19937 random(7);
  Snapshot last;
  constexpr uint64_t kAll = 3'000'000;  // in 3 s, 300 of them a second with 200,000 bytes
  for (uint64_t i = 0; i < kAll; ++i) {
    const uint64_t now = i * 1000;
    if (i % 100 == 0) detector->advance(now);
    if (i % 100'000 == 0 && i > 0) last = detector->snapshot(now);
    if (!detector->take()) continue;
    const bool is_large = random() % 3333 == 0;
    const std::string key = is_large ? "large" : "key:" + std::to_string(random());
    const uint64_t hash = key_hash(key, 1);
    detector->note(key, hash, Kind::read, 0);
    detector->note_reply(hash, is_large ? 200'000 : 10, detector->weight());
  }
  CHECK(last.weight == 4);
  CHECK(last.bytes == doctest::Approx(7e7).epsilon(0.2));
  REQUIRE(last.keys.size() == 1);
  CHECK(last.keys[0].key == "large");
  CHECK(last.keys[0].hot_by(kBytes));
  CHECK(last.keys[0].bytes == doctest::Approx(6e7).epsilon(0.3));
}

TEST_CASE("detector: hot by writes alone, where most requests are reads") {
  // 600 writes a second among 600,000 requests are less than .15 % of these, but all writes.
  Load load({.share = 0.01, .rate = 500});
  uint8_t news = 0;
  load.run(1500, [&](int ms) {
    if (ms % 5 < 3) news |= load.request("counter", Kind::write);
  });
  CHECK(news == 1 << kWrites);
  REQUIRE(load.find("counter") != nullptr);
  CHECK(load.find("counter")->hot == 1 << kWrites);
  CHECK(load.find("counter")->writes == doctest::Approx(600).epsilon(0.05));
  CHECK(load.last.writes == doctest::Approx(600).epsilon(0.05));
}

TEST_CASE("detector: stays hot until it was below half for a second") {
  Load load;
  load.run(1000, [&](int) {
    for (int i = 0; i < 5; ++i) load.request("key");
  });
  REQUIRE(load.find("key") != nullptr);
  REQUIRE(load.find("key")->hot_by(kRequests));
  SUBCASE("at more than half it stays") {
    load.run(3000, [&](int ms) {
      if (ms % 10 < 3) load.request("key");
    });
    CHECK(load.find("key")->hot_by(kRequests));
    CHECK(load.find("key")->heat < 0.7);
  }
  SUBCASE("what cooled but kept its name is told of again") {
    load.run(4000, [&](int ms) {
      if (ms % 20 < 3) load.request("key");
    });
    REQUIRE(load.find("key") != nullptr);
    CHECK(load.find("key")->hot == 0);
    uint8_t news = 0;
    load.run(200, [&](int) {
      for (int i = 0; i < 5; ++i) news |= load.request("key");
    });
    CHECK(news == 1 << kRequests);
  }
  SUBCASE("a pause") {
    load.run(700);
    REQUIRE(load.find("key") != nullptr);
    CHECK(load.find("key")->hot_by(kRequests));
    CHECK(load.find("key")->requests < 250);
    load.run(800);
    CHECK(load.find("key") == nullptr);
    // It is told of again.
    uint8_t news = 0;
    load.run(200, [&](int) {
      for (int i = 0; i < 5; ++i) news |= load.request("key");
    });
    CHECK(news == 1 << kRequests);
  }
}

TEST_CASE("detector: when many come, one in w is looked at, and the rates are those of all") {
  auto detector = std::make_unique<Detector>(Thresholds{}, 0);
  std::mt19937 random(6);
  uint64_t looked_at = 0;
  Snapshot last;
  constexpr uint64_t kRequests = 3'000'000;  // in 3 s
  for (uint64_t i = 0; i < kRequests; ++i) {
    const uint64_t now = i * 1000;
    if (i % 100 == 0) detector->advance(now);
    if (i % 100'000 == 0 && i > 0) last = detector->snapshot(now);
    if (!detector->take()) continue;
    ++looked_at;
    const std::string key = random() % 100 == 0 ? "hot" : "key:" + std::to_string(random());
    detector->note(key, key_hash(key, 1), Kind::read, 10);
  }
  CHECK(last.weight == 4);
  CHECK(looked_at < kRequests / 3);
  CHECK(last.updates <= 2 * looked_at);
  CHECK(last.requests == doctest::Approx(1e6).epsilon(0.02));
  CHECK(last.bytes == doctest::Approx(1e7).epsilon(0.02));
  REQUIRE(last.keys.size() == 1);
  CHECK(last.keys[0].key == "hot");
  CHECK(last.keys[0].requests == doctest::Approx(1e4).epsilon(0.1));
  CHECK(last.keys[0].bytes == doctest::Approx(1e5).epsilon(0.1));
  CHECK(last.keys[0].share == doctest::Approx(0.01).epsilon(0.1));
}

TEST_CASE("detector: hits of a cache count as requests do") {
  Load load;
  load.run(500);
  const std::string key = "cached";
  for (int round = 0; round < 20; ++round) {
    load.run(99);
    load.detector.note_hits(key, key_hash(key, 1), 10'000, 640'000);
    load.run(1);
  }
  const HotKey* const cached = load.find(key);
  REQUIRE(cached != nullptr);
  CHECK(cached->hot_by(kRequests));
  CHECK(cached->hot_by(kBytes));
  CHECK(cached->requests == doctest::Approx(100'000).epsilon(0.05));
  CHECK(cached->share == doctest::Approx(0.5).epsilon(0.05));
  CHECK(load.last.requests == doctest::Approx(200'000).epsilon(0.05));
  // They are part of what a share is a share of: 150 a second of 200,000 is less than .1 %.
  CHECK(cached->heat == doctest::Approx(100'000 / 500.0).epsilon(0.1));
}

TEST_CASE("detector: the first milliseconds of a worker make nothing hot, nor does chance") {
  // 500,000 a second over 2,500 keys: each has .4 of the threshold's share.
  auto detector = std::make_unique<Detector>(Thresholds{}, 0);
  std::mt19937 random(9);
  int hot = 0;
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    const uint64_t now = i * 2000;
    if (i % 50 == 0) detector->advance(now);
    if (i % 50'000 == 0 && i > 0) {
      for (const HotKey& key : detector->snapshot(now).keys) hot += key.hot;
    }
    if (!detector->take()) continue;
    const std::string key = "key:" + std::to_string(random() % 2500);
    hot += detector->note(key, key_hash(key, 1), Kind::read, 0).news;
  }
  CHECK(hot == 0);
}

TEST_CASE("detector: an hour without requests, and other leaps of the clock") {
  Load load;
  load.run(500, [&](int) {
    for (int i = 0; i < 5; ++i) load.request("key");
  });
  REQUIRE(load.find("key") != nullptr);
  load.now += 3'600'000 * kMillisecond;
  load.next_snapshot = load.now + Detector::kSnapshotEvery;
  load.run(2000);
  CHECK(load.last.keys.empty());
  CHECK(load.last.requests == doctest::Approx(100'000).epsilon(0.1));
  CHECK(load.detector.snapshot(load.now).at == load.now);
  CHECK(load.detector.snapshot(load.now).at == load.now);  // no time has passed
}

TEST_CASE("detector: forgets all when it is told to") {
  Load load;
  load.run(500, [&](int) {
    for (int i = 0; i < 5; ++i) load.request("key");
  });
  load.detector.reset();
  CHECK(load.detector.snapshot(load.now + 1).keys.empty());
  CHECK(load.request("key") == 0);
}

}  // namespace slotway::proxy::hotkeys
