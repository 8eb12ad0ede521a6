#include "metrics/process_usage.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <vector>

using slotway::metrics::ProcessUsage;
using slotway::metrics::read_process_usage;

TEST_CASE("memory, CPU time and start are those of this process") {
  const ProcessUsage usage = read_process_usage();
  CHECK(usage.resident_bytes > 1'000'000);
  CHECK(usage.cpu_seconds > 0);
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(usage.start_time_seconds < now + 2);  // the boot time has whole seconds
  CHECK(usage.start_time_seconds > now - 600);
}

TEST_CASE("CPU time grows with work") {
  const double before = read_process_usage().cpu_seconds;
  volatile unsigned work = 0;
  while (read_process_usage().cpu_seconds < before + 0.01) work = work + 1;
  CHECK(read_process_usage().cpu_seconds >= before + 0.01);
}

TEST_CASE("open descriptors are counted, the counting one not") {
  const auto before = read_process_usage().open_fds;
  std::vector<int> fds;
  for (int i = 0; i < 5; ++i) fds.push_back(open("/dev/null", O_RDONLY));
  CHECK(read_process_usage().open_fds == before + 5);
  for (const int fd : fds) close(fd);
  CHECK(read_process_usage().open_fds == before);
}
