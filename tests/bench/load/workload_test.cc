#include "tests/bench/load/workload.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "tests/bench/load/exchange.h"

namespace slotway::load {

namespace {

using Kind = Command::Kind;

constexpr uint64_t kDraws = 200'000;
constexpr uint64_t kSecond = 1'000'000'000;

// Five standard deviations of a share over kDraws; seeds are fixed, so it holds or does not.
double tolerance(double share) { return 5 * std::sqrt(share * (1 - share) / kDraws) + 1e-9; }

Workload made(std::string_view name, KeyNumber keys = 1000, uint64_t seed = 1,
              Popularity::Shape shape = {}) {
  const Profile* profile = find_profile(name);
  REQUIRE(profile);
  return Workload(*profile, shape, keys, seed);
}

std::string described(const Command& command) {
  static KeyValues values(14, 14);
  return describe(command, values);
}

std::map<Kind, double> shares(const Workload& workload) {
  std::map<Kind, double> shares;
  for (uint64_t i = 0; i < kDraws; ++i) shares[workload.command(i, 0).kind] += 1.0 / kDraws;
  return shares;
}

}  // namespace

TEST_CASE("a workload is the same again for the same seed, and has every command") {
  const Workload one = made("mixed");
  const Workload again = made("mixed");
  const Workload other = made("mixed", 1000, 2);
  std::map<Kind, int> kinds;
  int equal = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const Command command = one.command(i, 0);
    ++kinds[command.kind];
    REQUIRE(described(command) == described(again.command(i, 0)));
    equal += described(command) == described(other.command(i, 0)) ? 1 : 0;
    if (command.kind == Kind::kDel) CHECK(KeyValues::is_deleted_at_times(command.keys[0]));
  }
  for (Kind kind : {Kind::kGet, Kind::kSet, Kind::kIncr, Kind::kMget, Kind::kMset, Kind::kDel}) {
    CHECK(kinds[kind] > 20);
  }
  CHECK(equal < 100);  // INCRs are alike in all runs
}

TEST_CASE("each profile's commands come in its shares, and its keys are as skewed as it says") {
  for (const Profile& profile : profiles()) {
    CAPTURE(profile.name);
    double sum = 0;
    for (const Profile::Share& share : profile.shares) sum += share.weight;
    auto found = shares(made(profile.name));
    for (const Profile::Share& share : profile.shares) {
      if (share.weight == 0) continue;
      const double expected = share.weight / sum;
      CHECK(std::abs(found[share.kind] - expected) <= tolerance(expected));
      found.erase(share.kind);
    }
    CHECK(found.empty());
    CHECK(profile.value_size >= profile.key_size);
    CHECK(profile.key_size >= KeyValues::kLeastKeySize);
  }
}

TEST_CASE("the published figures") {
  const auto read = shares(made("twitter-read"));
  CHECK(std::abs(read.at(Kind::kGet) - .93 / .99) < .005);
  CHECK(std::abs(read.at(Kind::kAdd) - .04 / .99) < .003);
  CHECK(std::abs(read.at(Kind::kReplace) - .02 / .99) < .002);
  CHECK(std::abs(shares(made("ycsb-b")).at(Kind::kSet) - .05) < .003);
  CHECK(std::abs(shares(made("twitter-write-heavy")).at(Kind::kSet) - .8) < .005);
  CHECK(std::abs(shares(made("twitter-counters")).at(Kind::kCount) - .30 / .97) < .006);
  CHECK(find_profile("twitter-large")->value_size == 67485);
  CHECK(find_profile("twitter-extreme")->zipf == 2.10);
  CHECK(find_profile("nothing") == nullptr);
}

TEST_CASE("a TTL is one of the profile's, for what is filled in too") {
  const Workload workload = made("twitter-large");
  uint32_t least = UINT32_MAX;
  uint32_t greatest = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const Command command = workload.command(i, 0);
    CHECK((command.ttl_s > 0) == (command.kind == Kind::kSet));
    for (const uint32_t ttl_s : {workload.filling(i).ttl_s, command.ttl_s}) {
      if (ttl_s == 0) continue;
      least = std::min(least, ttl_s);
      greatest = std::max(greatest, ttl_s);
    }
  }
  CHECK(least >= 900);
  CHECK(least < 910);
  CHECK(greatest <= 1200);
  CHECK(greatest > 1190);
  CHECK(made("ycsb-a").filling(7).ttl_s == 0);
  CHECK(made("ycsb-a").filling(7).keys[0] == 7);
}

TEST_CASE("a flash key takes its share of all requests, for its time") {
  Popularity::Shape shape;
  shape.flash_share = .2;
  shape.flash_key = 999;
  shape.flash_from_ns = 2 * kSecond;
  shape.flash_until_ns = 5 * kSecond;
  for (const std::string_view name : {"ycsb-b", "twitter-counters", "mixed"}) {
    CAPTURE(name);
    const Workload workload = made(name, 1000, 3, shape);
    const auto share_at = [&](uint64_t elapsed_ns) {
      uint64_t count = 0;
      for (uint64_t i = 0; i < kDraws; ++i) {
        const Command command = workload.command(i, elapsed_ns);
        if (command.keys[0] != 999) continue;
        ++count;
        if (elapsed_ns == 3 * kSecond) CHECK(command.kind != Kind::kDel);
      }
      return static_cast<double>(count) / kDraws;
    };
    CHECK(share_at(2 * kSecond - 1) < .01);
    CHECK(std::abs(share_at(2 * kSecond) - .2) < .01);
    CHECK(std::abs(share_at(5 * kSecond - 1) - .2) < .01);
    CHECK(share_at(5 * kSecond) < .01);
  }
}

}  // namespace slotway::load
