#include "metrics/process_usage.h"

#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

namespace slotway::metrics {
namespace {

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

uint64_t open_fds() {
  uint64_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count == 0 ? 0 : count - 1;  // not the one that lists them
}

double boot_time_seconds() {
  std::ifstream stat("/proc/stat");
  std::string word;
  while (stat >> word) {
    if (word == "btime") {
      double seconds = 0;
      stat >> seconds;
      return seconds;
    }
    stat.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

double read_start_time() {
  std::ifstream stat("/proc/self/stat");
  // The second field, the program's name in brackets, may hold anything: count from its end.
  std::string line;
  std::getline(stat, line);
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  size_t at = name_end + 1;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  const double ticks = std::strtod(line.c_str() + at, nullptr);
  return boot_time_seconds() + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total_pages = 0;
  uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

ProcessUsage read_process_usage() {
  static const double start_time = read_start_time();
  ProcessUsage usage;
  usage.resident_bytes = resident_bytes();
  usage.cpu_seconds = cpu_seconds();
  usage.open_fds = open_fds();
  usage.start_time_seconds = start_time;
  return usage;
}

}  // namespace slotway::metrics
