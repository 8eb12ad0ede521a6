// slotway: the command line.
//
//   slotway --config FILE     serves
//   slotway check FILE        prints the slot map of FILE, or what is wrong with it
//   slotway commands          prints which commands are supported, as Markdown
//   slotway top, route KEY, slots    ask a running proxy, see cli/commands.h

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>

#include "config/load.h"
#include "config/slot_map.h"
#include "metrics/log.h"
#include "proxy/cli/commands.h"
#include "proxy/command_summary.h"
#include "proxy/server.h"

namespace {

using slotway::Result;
using slotway::Status;
namespace config = slotway::config;
namespace log = slotway::metrics::log;

constexpr unsigned kLastSeconds = 5;  // for letting go of everything at the end

int check(const std::string& file) {
  const Result<config::Config> loaded = config::load_config(file);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  std::fputs(config::describe_slot_map(*loaded).c_str(), stdout);
  return 0;
}

int serve(const std::string& file) {
  const Result<config::Config> loaded = config::load_config(file);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  log::init({.level = *log::level_from(loaded->log.level),
             .format = *log::format_from(loaded->log.format)});
  log::set_audit(loaded->log.audit);
  std::signal(SIGPIPE, SIG_IGN);
  slotway::proxy::Server server(*loaded, file);
  const Status started = server.start();
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  log::info("slotway {} serves {} with {} workers", SLOTWAY_VERSION, file, loaded->workers);
  const int code = server.run();
  // Everything has been answered and closed. A name that is still being resolved cannot be given
  // up, and must not hold the end up.
  std::signal(SIGALRM, [](int) { _exit(0); });
  alarm(kLastSeconds);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("slotway: a transparent sharding proxy for the Redis protocol");
  app.set_version_flag("--version", SLOTWAY_VERSION);
  std::string file;
  app.add_option("--config", file, "the YAML file to serve by");
  CLI::App* check_command = app.add_subcommand(
      "check", "print the slot map of a configuration, or what is wrong with it");
  std::string checked;
  check_command->add_option("file", checked, "the YAML file")->required();
  CLI::App* commands_command =
      app.add_subcommand("commands", "print which commands are supported, as Markdown");
  const slotway::proxy::cli::AdminCommands admin_commands(app);
  CLI11_PARSE(app, argc, argv);
  if (*commands_command) {
    std::fputs(slotway::proxy::command_summary().c_str(), stdout);
    return 0;
  }
  if (const std::optional<int> code = admin_commands.run()) return *code;
  if (*check_command) return check(checked);
  if (file.empty()) {
    std::fprintf(stderr, "expected --config FILE or check FILE; see --help\n");
    return 2;
  }
  return serve(file);
}
