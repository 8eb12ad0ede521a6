// slotway-load: sends load to one server of RESP and verifies every reply.
//
//   slotway-load 127.0.0.1:6380 -c 5000 -a 50 -P 16 -n 1000000 -w mixed --preload --json
//
// Exits with 1 if any reply was an error, was not that of its command, or did not come.
#include <csignal>
#include <cstdio>

#include "tests/bench/load/command_line.h"
#include "tests/bench/load/driver.h"
#include "wire/descriptor_limit.h"

namespace {

constexpr size_t kOtherDescriptors = 32;

// At once, so that who reads along sees it.
void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace slotway::load;
  const CommandLine line = parse_command_line(argc, argv);
  if (line.exit_code >= 0) return line.exit_code;
  const Options& options = line.options;
  std::signal(SIGPIPE, SIG_IGN);
  slotway::wire::raise_descriptor_limit(options.connections + kOtherDescriptors);

  Driver driver(options, print);
  driver.run();
  const Report& report = driver.report();
  print(line.json ? report.json(options.every > 0) : report.text());
  return report.clean() ? 0 : 1;
}
