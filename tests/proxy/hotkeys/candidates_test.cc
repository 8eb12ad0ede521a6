#include "proxy/hotkeys/candidates.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

constexpr uint64_t kMs = 1'000'000;

// A period in which of 100 requests that were looked at so many were of keys worth caching.
void period(Candidates& candidates, int promising, uint64_t requests = 10'000, uint64_t hits = 0) {
  for (int i = 0; i < 100; ++i) candidates.note(i < promising ? 50 : 0, 10);
  candidates.settle(requests, hits);
}

}  // namespace

TEST_CASE(
    "candidates: the cache pays while a share of the requests is of keys that are read often") {
  Candidates candidates;
  CHECK_FALSE(candidates.pays());
  for (int i = 0; i < 20; ++i) period(candidates, 3);
  CHECK_FALSE(candidates.pays());
  for (int i = 0; i < 20; ++i) period(candidates, 20);
  CHECK(candidates.pays());
  for (int i = 0; i < 20; ++i) period(candidates, 0);
  CHECK_FALSE(candidates.pays());
}

TEST_CASE("candidates: what the cache answers counts as what it could answer") {
  Candidates candidates;
  for (int i = 0; i < 20; ++i) period(candidates, 0, 10'000, 3'000);
  CHECK(candidates.pays());
  for (int i = 0; i < 20; ++i) period(candidates, 0, 10'000, 600);
  CHECK(candidates.pays());  // it ends at less than it begins with
  for (int i = 0; i < 20; ++i) period(candidates, 0, 10'000, 200);
  CHECK_FALSE(candidates.pays());
}

TEST_CASE("candidates: keys below the bar are not worth it") {
  Candidates candidates;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 100; ++i) candidates.note(9, 10);
    candidates.settle(10'000, 0);
  }
  CHECK_FALSE(candidates.pays());
}

TEST_CASE("candidates: a few requests say nothing") {
  Candidates candidates;
  for (int i = 0; i < 20; ++i) period(candidates, 50);
  for (int i = 0; i < 20; ++i) period(candidates, 0, 10);
  CHECK(candidates.pays());
}

TEST_CASE("candidates: a key is proposed once in 100 ms") {
  Candidates candidates;
  CHECK(candidates.may_propose(1 << 10, 0));
  CHECK_FALSE(candidates.may_propose(1 << 10, 99 * kMs));
  CHECK(candidates.may_propose(1 << 11, 99 * kMs));
  CHECK(candidates.may_propose(1 << 10, 100 * kMs));
}

}  // namespace slotway::proxy
