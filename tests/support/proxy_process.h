// ProxyProcess: a running slotway with its configuration file, on free ports of 127.0.0.1.
//
// The owner is the test. At its end the proxy is told to stop, and the test fails if it does not
// exit with 0, so that what a sanitizer found at the end is seen. One thread at a time; metric()
// and the ports may be used from any. The environment variable SLOTWAY_PROGRAM names another
// program to run, such as slotway_mutants.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/resp_client.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

struct ShardEntry {
  std::string name;
  std::string primary;        // as in the file: "127.0.0.1:7001", "embedded"
  std::string slots = {};     // as in the file: "0-5460", "[1, 3-4]"; empty: not given
  std::string replicas = {};  // as in the file: "127.0.0.1:7002", "[a:1, b:1]"; empty: none
};

struct ProxyOptions {
  std::vector<ShardEntry> shards;
  // Further lines of the pool, each "key: value" in YAML, such as "timeouts: { request: 300ms }".
  std::vector<std::string> pool = {};
  std::vector<std::string> file = {};         // the same of the file, such as "observe: off"
  std::vector<std::string> also_listen = {};  // beside the port, such as "unix:/path"
  unsigned workers = 4;
  unsigned max_descriptors = 0;               // RLIMIT_NOFILE; 0: as the test has
  bool wait_for_shards = true;                // before the constructor returns
  std::vector<std::string> environment = {};  // "NAME=value" each, beside what the test has
  std::vector<int> inherited = {};            // listening sockets that it is started with
  uint16_t port = 0;                          // 0: a free one
};

class ProxyProcess {
 public:
  // Throws std::runtime_error with what it printed if it does not come up.
  explicit ProxyProcess(ProxyOptions options);
  ~ProxyProcess();

  uint16_t port() const { return port_; }
  uint16_t admin_port() const { return admin_port_; }
  Process& process() { return *process_; }
  const TempDir& directory() const { return directory_; }
  RespClient client() const { return RespClient(port_); }

  // The sum of the samples of /metrics, see metric_sum().
  double metric(std::string_view name, std::string_view labels = {}) const;
  // Whether that sum is, or comes to be, at least `least`.
  bool metric_reaches(double least, std::string_view name, std::string_view labels = {}) const;
  bool all_shards_connected() const;

  // The text of the file for these options on the ports of this proxy.
  std::string yaml(const ProxyOptions& options) const;
  // Writes the file and has it read. True if it was applied, false if refused; throws if neither
  // is logged in time.
  bool reload(const ProxyOptions& options) { return reload_text(yaml(options)); }
  bool reload_text(std::string_view text);

  // SIGTERM; gives the exit code, -1 if it does not end in time.
  int stop(milliseconds limit = 2 * kLong);
  // The test has seen it end: the end of this object asks for nothing more.
  void expect_no_more() { expected_to_run_ = false; }

 private:
  bool start();

  TempDir directory_;
  ProxyOptions options_;
  uint16_t port_ = 0;
  uint16_t admin_port_ = 0;
  std::unique_ptr<Process> process_;
  bool expected_to_run_ = true;
};

}  // namespace slotway::tests
