// slotway-store: the command line of one storage server.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "backend/client_limit.h"
#include "backend/engine/clock.h"
#include "backend/server.h"
#include "backend/settings_file.h"
#include "backend/settings_table.h"
#include "backend/store_exporter.h"
#include "metrics/admin_address.h"
#include "metrics/admin_server.h"
#include "metrics/log.h"

namespace {

using slotway::Status;
namespace backend = slotway::backend;
namespace metrics = slotway::metrics;
namespace log = slotway::metrics::log;

int fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

// As many clients as the settings say, or as there are descriptors for. False if there are too few
// for any.
bool fit_clients(backend::Settings& settings) {
  const uint32_t wanted = settings.max_clients;
  settings.max_clients = backend::make_room_for_clients(wanted);
  if (settings.max_clients < wanted) {
    log::warn("maxclients is {} instead of {}: the limit of open files allows no more",
              settings.max_clients, wanted);
  }
  return settings.max_clients > 0;
}

// Whether it answers commands, as far as its last sample tells.
metrics::Ready readiness(const backend::Server& server) {
  constexpr int64_t kLongUs = 5'000'000;
  const auto sample = server.sample();
  const int64_t age_us = sample ? backend::SystemClock().steady_us() - sample->taken_us : 0;
  if (age_us < kLongUs) return {true, "", {}};
  return {false, "busy with one command for " + std::to_string(age_us / 1'000'000) + " s", {}};
}

// Null without an address.
slotway::Result<std::unique_ptr<metrics::AdminServer>> start_admin(
    const backend::Settings& settings, const backend::Server& server) {
  if (settings.admin_address.empty()) return std::unique_ptr<metrics::AdminServer>();
  if (settings.admin_token.empty() && !metrics::is_loopback(settings.admin_address)) {
    return slotway::Error{"admin", "admin-address " + settings.admin_address +
                                       ": expected a loopback address, or an admin-token, since "
                                       "others than this machine can connect"};
  }
  return metrics::AdminServer::start(
      {.address = settings.admin_address,
       .ready = [&server] { return readiness(server); },
       .metrics = std::make_shared<backend::StoreExporter>(server, SLOTWAY_VERSION),
       .token = settings.admin_token});
}

int serve(backend::Settings settings) {
  std::signal(SIGPIPE, SIG_IGN);
  // Taken by sigwait() here, so that no handler runs on the server's thread.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  log::init({.level = backend::log_level_of(settings)});
  if (!fit_clients(settings)) return fail("the limit of open files is too low for any client");
  backend::Server server(settings);
  server.on_shutdown([] { kill(getpid(), SIGTERM); });
  const Status started = server.start();
  if (!started.ok()) return fail(started.error().message);
  auto admin = start_admin(settings, server);
  if (!admin.ok()) return fail(admin.error().message);
  if (*admin) log::info("metrics are at http://{}/metrics", settings.admin_address);
  log::info("slotway-store {} serves port {}{}{}", SLOTWAY_VERSION, settings.port,
            settings.unix_socket.empty() ? "" : " and ", settings.unix_socket);
  int signal = 0;
  sigwait(&signals, &signal);
  log::info("ends by signal {}", signal);
  admin->reset();
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("slotway-store: a storage server of the Redis protocol");
  app.set_version_flag("--version", SLOTWAY_VERSION);
  std::string file;
  app.add_option("--config", file, "settings, one `name value` to a line; options go first");
  // The settings that have an option of their own; the names are those of the file.
  const char* const kOptions[] = {"port", "bind", "unixsocket", "requirepass", "admin-address"};
  std::vector<std::pair<std::string, std::string>> given;
  std::string values[std::size(kOptions)];
  CLI::Option* options[std::size(kOptions)];
  for (size_t i = 0; i < std::size(kOptions); ++i) {
    options[i] = app.add_option("--" + std::string(kOptions[i]), values[i],
                                "as `" + std::string(kOptions[i]) + "` in the file");
  }
  CLI11_PARSE(app, argc, argv);

  backend::Settings settings;
  settings.port = 7001;
  if (!file.empty()) {
    const Status read = backend::read_settings_file(file, settings);
    if (!read.ok()) return fail(read.error().message);
  }
  for (size_t i = 0; i < std::size(kOptions); ++i) {
    if (!*options[i]) continue;
    const std::string wrong = backend::set_setting(settings, kOptions[i], values[i]);
    if (!wrong.empty()) return fail("--" + std::string(kOptions[i]) + ": " + wrong);
  }
  return serve(settings);
}
