#include "proxy/cli/commands.h"

#include <clocale>
#include <cstdio>

namespace slotway::proxy::cli {

namespace {

constexpr unsigned kLeastIntervalMs = 100;
constexpr unsigned kMostIntervalMs = 3'600'000;

}  // namespace

AdminCommands::AdminCommands(CLI::App& app)
    : top_(add(app, "top", "show what a running proxy does, redrawn each second; q ends it")),
      route_(add(app, "route", "print what becomes of commands on a key")),
      slots_(add(app, "slots", "print the shards of a running proxy, with their slots")) {
  top_->add_option("--interval", top_options_.interval_ms, "how often it asks: 500ms, 1s")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, unsigned>{{"ms", 1}, {"s", 1000}},
                                        CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->check(CLI::Range(kLeastIntervalMs, kMostIntervalMs));
  top_->add_flag("--once", top_options_.is_once, "print one screen as plain text and end");
  route_->add_option("key", key_, "the key")->required();
  for (CLI::App* const command : {route_, slots_}) {
    command->add_option("--pool", pool_, "the pool, where there are several");
  }
}

CLI::App* AdminCommands::add(CLI::App& app, const std::string& name,
                             const std::string& description) {
  CLI::App* const command = app.add_subcommand(name, description);
  command->add_option("--admin", admin_, "the proxy's admin address, HOST:PORT or a URL")
      ->capture_default_str();
  command->add_option("--token-file", token_file_,
                      "has the admin token in its first line; else SLOTWAY_TOKEN has it");
  return command;
}

std::optional<int> AdminCommands::run() const {
  if (!*top_ && !*route_ && !*slots_) return std::nullopt;
  std::setlocale(LC_CTYPE, "");  // which characters the terminal knows
  const Result<std::string> token = read_token(token_file_);
  Status status = success();
  if (token.ok()) {
    ApiClient client(admin_, *token);
    status = run_given(client);
  } else {
    status = token.error();
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "slotway: %s\n", status.error().message.c_str());
  return 1;
}

Status AdminCommands::run_given(ApiClient& client) const {
  try {
    if (*top_) return top(client, top_options_);
    if (*route_) return print_route(client, key_, pool_);
    return print_slots(client, pool_);
  } catch (const Json::exception&) {
    // JSON, but of another program or version.
    return Error{"API", admin_ + ": expected the answers of slotway " SLOTWAY_VERSION};
  }
}

}  // namespace slotway::proxy::cli
