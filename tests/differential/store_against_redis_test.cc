// Random commands of all types to a redis-server 7.0.15 and to the store.
//
//   SLOTWAY_FUZZ_COMMANDS     how many, instead of a million
//   SLOTWAY_FUZZ_SEED         of the first round; each round has the next
//   SLOTWAY_FUZZ_DIFFERENCES  how many to find before it ends, instead of one
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/differential/command_source.h"
#include "tests/differential/two_servers.h"
#include "tests/support/patience.h"
#include "wire/key_extraction.h"

namespace slotway::differential {

namespace {

using tests::Command;

constexpr size_t kStepsOfRound = 10'000;
constexpr size_t kMostShown = 600;  // bytes of a reply

uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string quoted(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, kMostShown)) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
    } else {
      text += std::string("\\x") + kDigits[uint8_t(c) >> 4] + kDigits[uint8_t(c) & 15];
    }
  }
  return text + (bytes.size() > kMostShown ? "\"..." : "\"");
}

std::string described(const Step& step) {
  std::string text;
  if (step.kind == Step::Kind::kWait) text = "(wait)";
  if (step.kind == Step::Kind::kVersion) text = "(version)";
  if (step.kind == Step::Kind::kExchange) text = "(exchange)";
  for (const std::string& word : step.command) text += (text.empty() ? "" : " ") + quoted(word);
  return text;
}

// What is compared at the end of a round: all keys of all databases.
void add_contents(std::vector<Step>& steps) {
  steps.push_back({.command = {"discard"}});
  for (const char* const database : {"0", "1", "2"}) {
    steps.push_back({.command = {"select", database}});
    Command exists = {"exists"};
    exists.insert(exists.end(), Words::all_keys().begin(), Words::all_keys().end());
    steps.push_back({.command = std::move(exists)});
    steps.push_back({.command = {"keys", "*"}});
    for (const std::string& key : Words::all_keys()) {
      steps.push_back({.command = {"debug", "digest-value", key}});
      steps.push_back({.command = {"object", "encoding", key}});
      steps.push_back({.command = {"pexpiretime", key}});
      steps.push_back({Step::Kind::kExchange, {key}});
    }
  }
  steps.push_back({.command = {"debug", "digest"}});
}

// Takes away as many steps as it can so that the last one still differs.
std::vector<Step> shortened(TwoServers& servers, std::vector<Step> steps) {
  const auto differs = [&](const std::vector<Step>& some) {
    servers.reset();
    const auto difference = servers.run(some);
    return difference && difference->step + 1 == some.size();
  };
  for (size_t size = steps.size() / 2; size > 0; size /= 2) {
    for (size_t begin = 0; begin + 1 < steps.size();) {
      const size_t end = std::min(begin + size, steps.size() - 1);
      std::vector<Step> rest(steps.begin(), steps.begin() + long(begin));
      rest.insert(rest.end(), steps.begin() + long(end), steps.end());
      if (differs(rest)) {
        steps = std::move(rest);
      } else {
        begin = end;
      }
    }
  }
  return steps;
}

void report(TwoServers& servers, uint64_t seed, std::vector<Step> steps,
            const Difference& difference) {
  steps.resize(difference.step + 1);
  std::printf("difference, seed %llu, step %zu: %s\n", static_cast<unsigned long long>(seed),
              difference.step, described(steps.back()).c_str());
  std::printf("  store: %s\n  redis: %s\n", quoted(difference.ours).c_str(),
              quoted(difference.theirs).c_str());
  steps = shortened(servers, std::move(steps));
  servers.reset();
  const auto again = servers.run(steps);
  std::printf("shortest history%s:\n", again ? "" : " (it did not come again)");
  if (again) steps.resize(again->step + 1);
  const size_t shown = std::min<size_t>(steps.size(), 60);
  for (size_t i = steps.size() - shown; i < steps.size(); ++i) {
    std::printf("  %s\n", described(steps[i]).c_str());
  }
  if (again) {
    std::printf("  store: %s\n  redis: %s\n", quoted(again->ours).c_str(),
                quoted(again->theirs).c_str());
  }
  std::fflush(stdout);
}

}  // namespace

TEST_CASE("random commands of all types get the same replies as from redis-server") {
  const uint64_t commands =
      number_from("SLOTWAY_FUZZ_COMMANDS", tests::kSanitized ? 100'000 : 1'000'000);
  const uint64_t first_seed = number_from("SLOTWAY_FUZZ_SEED", 1);
  const uint64_t most_differences = number_from("SLOTWAY_FUZZ_DIFFERENCES", 1);
  TwoServers servers;
  const ArgumentShapes shapes = servers.argument_shapes();
  const std::vector<Choice> choices = choices_of(shapes, servers.supported_commands());
  REQUIRE(choices.size() > 150);
  uint64_t differences = 0;
  uint64_t done = 0;
  for (uint64_t seed = first_seed; done < commands && differences < most_differences; ++seed) {
    servers.reset();
    CommandSource source(seed, choices);
    std::vector<Step> steps;
    std::optional<Difference> difference;
    while (steps.size() < kStepsOfRound && !difference) {
      const size_t begin = steps.size();
      while (steps.size() < begin + 400) source.next(steps);
      if (steps.size() >= kStepsOfRound) add_contents(steps);
      difference = servers.run(std::span(steps).subspan(begin));
      if (difference) difference->step += begin;
      if (std::string payload = servers.take_payload(); !payload.empty()) {
        source.words().keep_payload(std::move(payload));
      }
    }
    done += steps.size();
    if (!difference) continue;
    ++differences;
    report(servers, seed, std::move(steps), *difference);
  }
  CHECK(differences == 0);
  MESSAGE(done, " commands");
}

}  // namespace slotway::differential
