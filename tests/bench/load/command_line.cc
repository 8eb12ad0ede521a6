#include "tests/bench/load/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "config/address.h"

namespace slotway::load {

namespace {

// As they are typed; what was left out is as the profile has it.
struct Typed {
  std::string address;
  std::string workload = "get";
  double zipf = 0;
  size_t key_size = 0;
  size_t value_size = 0;
  uint32_t ttl_s = 0;
  double shift_every_ms = 0;
  double flash_at_s = 0;
  double flash_until_s = 0;
  KeyNumber flash_key = 0;
};

std::string workloads() {
  std::string text = "Workloads, with key and value bytes, TTL in seconds and zipf exponent:\n";
  for (const Profile& profile : profiles()) {
    const std::string ttl = profile.least_ttl_s == profile.greatest_ttl_s
                                ? std::to_string(profile.least_ttl_s)
                                : fmt::format("{}-{}", profile.least_ttl_s, profile.greatest_ttl_s);
    text += fmt::format("  {:<20} {:>2}/{:<6} {:<14} {:<5} {}\n", profile.name, profile.key_size,
                        profile.value_size, ttl, profile.zipf, profile.what);
  }
  return text +
         "Every reply is verified: a value carries its key in all of its bytes, a counter never "
         "goes\n"
         "back. All writers of a key write the same value, so a value that is old is not seen.\n"
         "Exit code: 1 if a reply was an error, not the one of its command, or did not come.";
}

constexpr double kLongest = 1e8;  // seconds: three years, which nanoseconds can count

// Also refuses what is no number, NaN, which compares as neither too small nor too great.
auto number(double least, double greatest) {
  return [least, greatest](const std::string& text) {
    double value = 0;
    const bool fits = CLI::detail::lexical_cast(text, value) && value >= least && value <= greatest;
    return fits ? std::string()
                : fmt::format("'{}': expected a number from {} to {}", text, least, greatest);
  };
}

// Everything that one option alone cannot tell.
std::string contradiction(const Options& options) {
  if (options.profile.value_size < options.profile.key_size)
    return fmt::format("a value of {} bytes cannot hold its key of {}", options.profile.value_size,
                       options.profile.key_size);
  if (options.shape.shift_every_ns > 0 &&
      (options.shape.shift_top == 0 || options.shape.shift_top > options.keys / 2))
    return "--shift-top must be from 1 to half of --keys";
  if (options.shape.flash_key >= options.keys) return "--flash-key must be less than --keys";
  return "";
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  Options& options = line.options;
  Typed typed;
  CLI::App app("slotway-load: load for a RESP server, every reply verified");
  app.footer(workloads);
  app.get_formatter()->column_width(34);
  app.add_option("address", typed.address, "HOST:PORT or unix:/path")->required();

  const char* group = "Load";
  app.add_option("-c,--connections", options.connections, "connections to open")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  CLI::Option* active = app.add_option("-a,--active", options.active,
                                       "how many of them send; the others stay open and idle; "
                                       "without it, all")
                            ->check(CLI::Range(1, 1'000'000))
                            ->group(group);
  app.add_option(
         "-P,--pipeline", options.pipeline,
         "requests unanswered on each: in a closed loop always so many, with --rate at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("-r,--rate", options.rate,
                 "requests per second in all, in an open loop: each is due at its time whether or "
                 "not the server keeps up, and its latency counts from then")
      ->check(number(0.001, 1e9))
      ->group(group);
  app.add_option("-n,--requests", options.requests, "requests in all")
      ->check(number(0, 1e18))
      ->capture_default_str()
      ->group(group);
  app.add_option("--seconds", options.seconds,
                 "how long to send, in place of -n; with --rate all that were due are sent")
      ->check(number(0.001, kLongest))
      ->group(group);
  app.add_option("--patience", options.patience,
                 "seconds without any reply after which what waits is given up")
      ->check(number(0.001, kLongest))
      ->capture_default_str()
      ->group(group);

  group = "Commands, keys and values";
  app.add_option("-w,--workload", typed.workload, "which commands, in which shares: see below")
      ->check([](const std::string& name) {
        return find_profile(name) ? std::string() : "no workload has the name " + name;
      })
      ->capture_default_str()
      ->group(group);
  app.add_option("-k,--keys", options.keys, "how many keys there are")
      ->check(CLI::Range(1u, 1'000'000'000u))
      ->capture_default_str()
      ->group(group);
  CLI::Option* key_size =
      app.add_option("--key-size", typed.key_size, "bytes of a key, else as the workload has it")
          ->check(CLI::Range(KeyValues::kLeastKeySize, KeyValues::kGreatestKeySize))
          ->group(group);
  CLI::Option* value_size =
      app.add_option("-d,--value-size", typed.value_size,
                     "bytes of a value, at least those of its key, else as the workload has it")
          ->check(CLI::Range(KeyValues::kLeastKeySize, size_t{64} << 20))
          ->group(group);
  CLI::Option* ttl =
      app.add_option("--ttl", typed.ttl_s,
                     "seconds that a value written by SET lives, 0 for ever, else as "
                     "the workload has it")
          ->check(CLI::Range(0u, 1'000'000'000u))
          ->group(group);
  app.add_flag("--preload", options.preload, "write all keys first; none may be missing then")
      ->group(group);
  app.add_option("--seed", options.seed,
                 "the same seed gives the same requests; take different ones for loads beside each "
                 "other")
      ->capture_default_str()
      ->group(group);

  group = "Which keys are asked for";
  CLI::Option* zipf =
      app.add_option("-z,--zipf", typed.zipf,
                     "the key of rank r gets a share like 1 / r^ZIPF, key 0 the most; any from 0, "
                     "which is uniform, else as the workload has it")
          ->check(number(0, 100))
          ->group(group);
  CLI::Option* shift_top =
      app.add_option(
             "--shift-top", options.shape.shift_top,
             "with --shift-every: so many of the hottest keys are replaced, by the coldest first")
          ->group(group);
  CLI::Option* shift_every =
      app.add_option("--shift-every", typed.shift_every_ms, "milliseconds between replacements")
          ->check(number(0.001, kLongest * 1e3))
          ->group(group);
  CLI::Option* flash_share = app.add_option("--flash-share", options.shape.flash_share,
                                            "share of all requests, 0 to 1, that goes to one key")
                                 ->check(number(0, 1))
                                 ->group(group);
  app.add_option("--flash-at", typed.flash_at_s, "from so many seconds on")
      ->needs(flash_share)
      ->check(number(0, kLongest))
      ->capture_default_str()
      ->group(group);
  CLI::Option* flash_until =
      app.add_option("--flash-until", typed.flash_until_s, "until so many, else to the end")
          ->needs(flash_share)
          ->check(number(0, kLongest))
          ->group(group);
  CLI::Option* flash_key =
      app.add_option("--flash-key", typed.flash_key, "the number of the key, else the last one")
          ->needs(flash_share)
          ->group(group);
  shift_top->needs(shift_every);
  shift_every->needs(shift_top);

  group = "Report";
  app.add_option("--every", options.every,
                 "also a line of JSON each so many seconds about what came since the one before")
      ->check(number(0.001, kLongest))
      ->group(group);
  app.add_flag("--json", line.json, "the report at the end as JSON; on one line with --every")
      ->group(group);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    line.exit_code = app.exit(error);
    return line;
  }

  options.profile = *find_profile(typed.workload);
  Profile& profile = options.profile;
  if (*zipf) profile.zipf = typed.zipf;
  if (*key_size) profile.key_size = typed.key_size;
  if (*value_size) profile.value_size = typed.value_size;
  if (*ttl) profile.least_ttl_s = profile.greatest_ttl_s = typed.ttl_s;
  options.shape.shift_every_ns = static_cast<uint64_t>(typed.shift_every_ms * 1e6);
  options.shape.flash_from_ns = static_cast<uint64_t>(typed.flash_at_s * 1e9);
  if (*flash_until) options.shape.flash_until_ns = static_cast<uint64_t>(typed.flash_until_s * 1e9);
  options.shape.flash_key = *flash_key ? typed.flash_key : options.keys - 1;
  if (!*active) options.active = options.connections;
  options.active = std::min(options.active, options.connections);

  const auto parsed = config::parse_shard_address(typed.address);
  std::string wrong = contradiction(options);
  if (!parsed.ok() || parsed->kind == config::Address::Kind::kEmbedded) {
    wrong = fmt::format("'{}': expected HOST:PORT or unix:/path", typed.address);
  }
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    line.exit_code = 2;
    return line;
  }
  options.address = *parsed;
  return line;
}

}  // namespace slotway::load
