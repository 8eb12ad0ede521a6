// StoreProcess: a running slotway-store on a free port of 127.0.0.1, with empty data.
//
// The owner is the test; one thread at a time. At its end it is told to stop, and the test fails if
// it does not exit with 0, so that what a sanitizer found at the end is seen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace slotway::tests {

class StoreProcess {
 public:
  // With further arguments of the command line. Throws std::runtime_error with what it printed if
  // it does not answer PING.
  explicit StoreProcess(std::vector<std::string> arguments = {});
  ~StoreProcess();

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  Process& process() { return *process_; }
  void suspend() { process_->suspend(); }
  void resume() { process_->resume(); }

  // SIGKILL.
  void kill();
  // Starts it again on the same port.
  void start();

 private:
  bool try_start();

  std::vector<std::string> arguments_;
  uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace slotway::tests
