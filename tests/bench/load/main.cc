// slotway-load: sends load to one server of RESP and checks every reply.
//
//   slotway-load 127.0.0.1:6380 -c 5000 -a 50 -P 16 -n 1000000 -w mixed --preload --json
//
// Exits with 1 if any reply was an error, was not that of its command, or did not come.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "config/address.h"
#include "tests/bench/load/driver.h"
#include "wire/descriptor_limit.h"

namespace {

using namespace slotway::load;

constexpr size_t kOtherDescriptors = 32;

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("slotway-load: load for a RESP server, every reply checked");
  std::string address;
  app.add_option("address", address, "HOST:PORT or unix:/path")->required();
  app.add_option("-c,--connections", options.connections)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  CLI::Option* active =
      app.add_option("-a,--active", options.active, "of them; the others stay idle")
          ->check(CLI::Range(1, 1'000'000));
  app.add_option("-P,--pipeline", options.pipeline, "requests unanswered on each")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("-n,--requests", options.requests, "in all")->capture_default_str();
  app.add_option("--seconds", options.seconds, "to last, in place of --requests");
  const std::map<std::string, Workload::Mix> mixes = {
      {"get", Workload::Mix::kGet}, {"set", Workload::Mix::kSet}, {"mixed", Workload::Mix::kMixed}};
  app.add_option("-w,--workload", options.mix, "get, set or mixed")
      ->transform(CLI::CheckedTransformer(mixes));
  app.add_option("-k,--keys", options.keys, "how many there are")
      ->check(CLI::Range(1u, 1'000'000'000u))
      ->capture_default_str();
  app.add_option("-d,--value-size", options.value_size, "bytes")
      ->check(CLI::Range(KeyValues::kKeySize, size_t{64} << 20))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "different for loads beside each other")
      ->capture_default_str();
  app.add_flag("--preload", options.preload, "write all keys first; none may be missing then");
  app.add_option("--patience", options.patience, "seconds without any reply")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  bool json = false;
  app.add_flag("--json", json, "print JSON");
  CLI11_PARSE(app, argc, argv);

  const auto parsed = slotway::config::parse_shard_address(address);
  if (!parsed.ok() || parsed->kind == slotway::config::Address::Kind::kEmbedded) {
    std::fprintf(stderr, "'%s': expected HOST:PORT or unix:/path\n", address.c_str());
    return 2;
  }
  options.address = *parsed;
  if (!*active) options.active = options.connections;
  options.active = std::min(options.active, options.connections);
  std::signal(SIGPIPE, SIG_IGN);
  slotway::wire::raise_descriptor_limit(options.connections + kOtherDescriptors);

  Driver driver(options);
  driver.run();
  const Report& report = driver.report();
  std::fputs((json ? report.json() : report.text()).c_str(), stdout);
  return report.clean() ? 0 : 1;
}
