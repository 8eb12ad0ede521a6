#include "tests/support/store_process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/resp_client.h"

namespace slotway::tests {

namespace {

constexpr int kPortAttempts = 5;

bool answers(uint16_t port) {
  try {
    RespClient(port).call({"PING"});
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

StoreProcess::StoreProcess(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  // Between the choice of a port and its use another process may take it: then choose again.
  for (int attempt = 1; attempt <= kPortAttempts; ++attempt) {
    port_ = free_port();
    if (try_start()) return;
  }
  throw std::runtime_error("slotway-store did not start:\n" + process_->output());
}

StoreProcess::~StoreProcess() {
  if (!process_) return;
  const bool ran = process_->running();
  process_->resume();
  process_->signal(SIGTERM);
  const int code = process_->wait_exit().value_or(-1);
  CHECK_MESSAGE(ran, "slotway-store ended by itself");
  CHECK_MESSAGE(code == 0, "slotway-store's exit code is ", code, ":\n", process_->output());
}

void StoreProcess::kill() { process_.reset(); }

void StoreProcess::start() {
  if (process_) return;
  if (!try_start()) {
    throw std::runtime_error("slotway-store did not start again:\n" + process_->output());
  }
}

bool StoreProcess::try_start() {
  std::vector<std::string> words = {SLOTWAY_STORE_PATH, "--port", std::to_string(port_)};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<Process>(std::move(words));
  return eventually([this] { return !process_->running() || answers(port_); }) &&
         process_->running();
}

}  // namespace slotway::tests
