#include "tests/support/proxy_process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

constexpr int kPortAttempts = 5;
constexpr size_t kShownOutput = 8000;

std::string end_of(const std::string& text) {
  return text.size() > kShownOutput ? text.substr(text.size() - kShownOutput) : text;
}

}  // namespace

ProxyProcess::ProxyProcess(ProxyOptions options) : options_(std::move(options)) {
  // Between the choice of a port and its use another process may take it: then choose again.
  for (int attempt = 1; attempt <= kPortAttempts; ++attempt) {
    port_ = options_.port ? options_.port : free_port();
    admin_port_ = free_port();
    directory_.write("slotway.yaml", yaml(options_));
    if (start()) return;
  }
  throw std::runtime_error("slotway did not start:\n" + end_of(process_->output()));
}

ProxyProcess::~ProxyProcess() {
  if (!expected_to_run_) return;
  const bool ran = process_->running();
  const int code = stop();
  CHECK_MESSAGE(ran, "slotway ended by itself");
  CHECK_MESSAGE(code == 0, "slotway's exit code is ", code, ":\n", end_of(process_->output()));
}

bool ProxyProcess::start() {
  ::setenv("TSAN_OPTIONS", "suppressions=" SLOTWAY_TSAN_SUPPRESSIONS, /*overwrite=*/0);
  const char* const other = std::getenv("SLOTWAY_PROGRAM");
  process_ =
      std::make_unique<Process>(std::vector<std::string>{other ? other : SLOTWAY_PATH, "--config",
                                                         directory_.file("slotway.yaml")},
                                options_.max_descriptors, options_.environment, options_.inherited);
  // It says so when all its ports are open and signals are handled.
  return eventually([this] {
           return !process_->running() || process_->output().find(" serves ") != std::string::npos;
         }) &&
         process_->running() && (!options_.wait_for_shards || all_shards_connected());
}

bool ProxyProcess::all_shards_connected() const {
  return eventually([this] { return http_get(admin_port_, "/readyz").status == 200; });
}

double ProxyProcess::metric(std::string_view name, std::string_view labels) const {
  const HttpReply reply = http_get(admin_port_, "/metrics");
  if (reply.status != 200) throw std::runtime_error("no answer from /metrics");
  return metric_sum(reply.body, name, labels);
}

bool ProxyProcess::metric_reaches(double least, std::string_view name,
                                  std::string_view labels) const {
  return eventually([&] { return metric(name, labels) >= least; });
}

std::string ProxyProcess::yaml(const ProxyOptions& options) const {
  std::string text = "admin: 127.0.0.1:" + std::to_string(admin_port_) + "\n";
  text += "workers: " + std::to_string(options.workers) + "\n";
  for (const std::string& line : options.file) text += line + "\n";
  text += "pools:\n  main:\n    listen: [127.0.0.1:" + std::to_string(port_);
  for (const std::string& address : options.also_listen) text += ", " + address;
  text += "]\n";
  text += "    shards:\n";
  for (const ShardEntry& shard : options.shards) {
    text += "      " + shard.name + ": { primary: \"" + shard.primary + "\"";
    if (!shard.slots.empty()) text += ", slots: " + shard.slots;
    if (!shard.replicas.empty()) text += ", replicas: " + shard.replicas;
    text += " }\n";
  }
  for (const std::string& line : options.pool) text += "    " + line + "\n";
  return text;
}

bool ProxyProcess::reload_text(std::string_view text) {
  const size_t seen = process_->output().size();
  directory_.write("slotway.yaml", text);
  process_->signal(SIGHUP);
  bool applied = false;
  const bool logged = eventually([&] {
    const std::string output = process_->output(seen);
    applied = output.find("reload complete") != std::string::npos;
    return applied || output.find("reload refused") != std::string::npos;
  });
  if (!logged) throw std::runtime_error("no word about the reload:\n" + process_->output(seen));
  return applied;
}

int ProxyProcess::stop(milliseconds limit) {
  expected_to_run_ = false;
  process_->signal(SIGTERM);
  return process_->wait_exit(limit).value_or(-1);
}

}  // namespace slotway::tests
