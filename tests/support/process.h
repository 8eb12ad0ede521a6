// Process: a child process that lives as long as this object, with what it prints.
//
// It dies with the thread that made it, so that a crashed test leaves nothing behind: make it on
// the thread of the test. The owner is the test; the functions may be called from any thread, one
// at a time.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/patience.h"

namespace slotway::tests {

class Process {
 public:
  // Starts `arguments[0]`, looked up in PATH. With `max_descriptors` its RLIMIT_NOFILE is that. The
  // entries of `environment`, "NAME=value" each, come before those that the test itself has. The
  // descriptors `listening` it gets as systemd gives them: from 3 on, with LISTEN_PID and
  // LISTEN_FDS.
  explicit Process(std::vector<std::string> arguments, unsigned max_descriptors = 0,
                   std::vector<std::string> environment = {}, std::vector<int> listening = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // Kills it.
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // SIGSTOP, until all its threads stand still; SIGCONT. It must be running.
  void suspend();
  void resume() { signal(SIGCONT); }
  bool running() { return !wait_exit(milliseconds(0)); }
  // The exit code, or 128 + the signal that ended it; nothing while it runs.
  std::optional<int> wait_exit(milliseconds limit = kLong);

  // What it has written to stdout and stderr so far, from byte `from` on.
  std::string output(size_t from = 0) const;
  // Waits until that holds `text`.
  bool wait_for_output(std::string_view text, size_t from = 0, milliseconds limit = kLong) const;
  // Resident memory, the most that it ever was, and open descriptors, from /proc.
  size_t rss_bytes() const;
  size_t peak_rss_bytes() const;
  size_t descriptors() const;
  // Of all its threads so far, in user and kernel.
  milliseconds cpu_time() const;
  // Sets its soft RLIMIT_NOFILE, which may lie below what is open; gives the one before.
  size_t limit_descriptors(size_t limit) const;

 private:
  pid_t pid_ = 0;
  int output_fd_;
  std::optional<int> exit_;
};

// Runs a program to its end and gives its exit code and output. Throws std::runtime_error if it is
// not done within `limit`.
struct Finished {
  int code;
  std::string output;
};
Finished run_program(std::vector<std::string> arguments, milliseconds limit = 4 * kLong);

}  // namespace slotway::tests
