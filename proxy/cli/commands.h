// AdminCommands: the subcommands that ask a running proxy: `slotway top`, `route` and `slots`.
//
// On the main thread. The App must outlive it.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "proxy/cli/api_client.h"

namespace slotway::proxy::cli {

// Each prints to stdout. An error is that of the API, or a terminal that is missing.
Status print_route(ApiClient& client, const std::string& key, const std::string& pool);
Status print_slots(ApiClient& client, const std::string& pool);

struct TopOptions {
  unsigned interval_ms = 1000;
  bool is_once = false;  // one screen as plain text, for which there need be no terminal
};
Status top(ApiClient& client, const TopOptions& options);

class AdminCommands {
 public:
  explicit AdminCommands(CLI::App& app);

  // After the App has parsed: the exit code of the one that was given; nothing if none was.
  std::optional<int> run() const;

 private:
  CLI::App* add(CLI::App& app, const std::string& name, const std::string& description);
  Status run_given(ApiClient& client) const;

  std::string admin_ = "127.0.0.1:9180";
  std::string token_file_;
  std::string key_;
  std::string pool_;
  TopOptions top_options_;
  CLI::App* top_;
  CLI::App* route_;
  CLI::App* slots_;
};

}  // namespace slotway::proxy::cli
