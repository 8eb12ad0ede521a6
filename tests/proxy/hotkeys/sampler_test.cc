#include "proxy/hotkeys/sampler.h"

#include <doctest/doctest.h>

#include <array>

namespace slotway::proxy::hotkeys {

namespace {

constexpr uint64_t kTenth = 100'000'000;  // ns

uint64_t taken_of(Sampler& sampler, uint64_t requests) {
  uint64_t taken = 0;
  for (uint64_t i = 0; i < requests; ++i) taken += sampler.take();
  return taken;
}

}  // namespace

TEST_CASE("sampler: takes all up to 250,000 a second, and one in w above") {
  Sampler sampler;
  CHECK(taken_of(sampler, 25'000) == 25'000);
  sampler.retune(kTenth);
  CHECK(sampler.weight() == 1);
  taken_of(sampler, 25'001);
  sampler.retune(kTenth);
  CHECK(sampler.weight() == 2);
  taken_of(sampler, 100'000);
  sampler.retune(kTenth);
  CHECK(sampler.weight() == 4);
  CHECK(static_cast<double>(taken_of(sampler, 1'000'000)) ==
        doctest::Approx(250'000).epsilon(0.01));
  sampler.retune(kTenth);
  CHECK(sampler.weight() == 40);
  sampler.retune(kTenth);  // nothing came
  CHECK(sampler.weight() == 1);
  CHECK(taken_of(sampler, 100) == 100);
}

TEST_CASE("sampler: counts all requests, whatever it takes") {
  Sampler sampler;
  uint64_t requests = 0;
  for (const uint32_t weight : {1u, 4u, 4u, 100u, 3u, 1u, 1000u, 1u}) {
    sampler.set_weight(weight);
    CHECK(sampler.seen() == requests);
    for (int i = 0; i < 777; ++i) {
      sampler.take();
      ++requests;
    }
    CHECK(sampler.seen() == requests);
  }
}

TEST_CASE("sampler: the gaps are geometric") {
  Sampler sampler;
  sampler.set_weight(4);
  std::array<int, 5> gaps{};  // of 1, 2, 3, 4 and more
  int gap = 0;
  for (int found = 0; found < 200'000;) {
    ++gap;
    if (!sampler.take()) continue;
    ++gaps[gap <= 4 ? gap - 1 : 4];
    gap = 0;
    ++found;
  }
  CHECK(gaps[0] / 200'000.0 == doctest::Approx(0.25).epsilon(0.02));
  CHECK(gaps[1] / 200'000.0 == doctest::Approx(0.1875).epsilon(0.02));
  CHECK(gaps[2] / 200'000.0 == doctest::Approx(0.140625).epsilon(0.02));
  CHECK(gaps[4] / 200'000.0 == doctest::Approx(0.31640625).epsilon(0.02));
}

TEST_CASE("sampler: a rhythm hides no key") {
  Sampler sampler;
  sampler.set_weight(4);
  std::array<int, 4> taken{};  // by the request's number modulo the weight
  for (int i = 0; i < 400'000; ++i) {
    if (sampler.take()) ++taken[i % 4];
  }
  for (const int count : taken) CHECK(count / 100'000.0 == doctest::Approx(0.25).epsilon(0.03));
}

}  // namespace slotway::proxy::hotkeys
