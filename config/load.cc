#include "config/load.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "config/admin.h"
#include "config/document.h"
#include "config/observe.h"
#include "config/pool.h"
#include "config/reading.h"
#include "config/scalar.h"
#include "config/section.h"

namespace slotway::config {

namespace {

constexpr unsigned kMaxWorkers = 1024;
constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kLogFormats = {"text", "json"};

// The cores that this process may run on, which in a container are fewer than the machine's.
unsigned usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::clamp(static_cast<unsigned>(CPU_COUNT(&set)), 1u, kMaxWorkers);
}

void read_log(Reading& reading, const Field& field, Log& log) {
  const Section section(reading.fault, field, {"level", "format", "audit"});
  section.read("level", OneOf{kLogLevels}, log.level);
  section.read("format", OneOf{kLogFormats}, log.format);
  section.read("audit", parse_flag, log.audit);
}

Config read_root(Reading& reading, const Node& root) {
  Config config;
  const Field field{"the file", {}, &root};
  const Section section(reading.fault, field, {"admin", "workers", "pools", "log", "observe"});
  config.workers = usable_cores();
  section.read("workers", Count{1, kMaxWorkers}, config.workers);
  if (const auto log = section.find("log")) read_log(reading, *log, config.log);
  if (const auto observe = section.find("observe")) {
    read_observe(reading, *observe, config.observe);
  }
  config.admin = read_admin(reading, field, section);
  if (const auto pools = section.require("pools", "a mapping of names to pools")) {
    for (const Field& pool : named_fields(reading.fault, *pools)) {
      config.pools.push_back(read_pool(reading, pool));
    }
  }
  return config;
}

Error os_error() { return {"config", std::strerror(errno)}; }

}  // namespace

Result<std::string> read_file(const std::string& path) {
  // Non-blocking: opening a FIFO would wait for its writer.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return os_error();
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(fd);
    return Error{"config", "not a regular file"};
  }
  std::string bytes;
  std::array<char, 16384> chunk;
  ssize_t count;
  while ((count = read(fd, chunk.data(), chunk.size())) > 0 && bytes.size() <= kMaxFileSize) {
    bytes.append(chunk.data(), static_cast<size_t>(count));
  }
  const Error error = os_error();
  close(fd);
  if (count < 0) return error;
  if (bytes.size() > kMaxFileSize) return Error{"config", "larger than 1 MiB"};
  return bytes;
}

Result<Config> parse_config(std::string_view text, const std::string& file_name,
                            const FileReader& read_file) {
  FirstFault fault;
  const Node root = parse_document(text, fault);
  if (fault.found()) return fault.error(file_name);
  const size_t slash = file_name.rfind('/');
  Reading reading{
      fault, read_file, slash == std::string::npos ? "" : file_name.substr(0, slash + 1), {}};
  Config config = read_root(reading, root);
  if (fault.found()) return fault.error(file_name);
  return config;
}

Result<Config> load_config(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (text.ok()) return parse_config(*text, path, read_file);
  FirstFault fault;
  fault.note({}, "expected a readable configuration file: " + text.error().message);
  return fault.error(path);
}

}  // namespace slotway::config
