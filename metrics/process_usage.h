// What this process uses, from the kernel's /proc (man 5 proc). Any thread may ask.
#pragma once

#include <cstdint>

namespace slotway::metrics {

struct ProcessUsage {
  uint64_t resident_bytes = 0;
  double cpu_seconds = 0;  // user and system, all threads
  uint64_t open_fds = 0;
  double start_time_seconds = 0;  // since the Unix epoch
};

// What cannot be read is 0.
ProcessUsage read_process_usage();
// The one figure that is asked for often.
uint64_t resident_bytes();

}  // namespace slotway::metrics
