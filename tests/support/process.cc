#include "tests/support/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace slotway::tests {

namespace {

constexpr int kFirstListening = 3;
constexpr std::string_view kListenPid = "LISTEN_PID=";
constexpr size_t kPidDigits = 10;

// The calling process into the entry "LISTEN_PID=          ", as digits.
void fill_in_pid(char* entry) {
  char digits[kPidDigits];
  size_t count = 0;
  for (pid_t rest = ::getpid(); rest > 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  entry += kListenPid.size();
  while (count > 0) *entry++ = digits[--count];
  *entry = '\0';
}

// First out of the way of one another, then to their places.
void place_descriptors(int* descriptors, int count) {
  for (int i = 0; i < count; ++i) {
    descriptors[i] = ::fcntl(descriptors[i], F_DUPFD_CLOEXEC, kFirstListening + count);
  }
  for (int i = 0; i < count; ++i) ::dup2(descriptors[i], kFirstListening + i);
}

// Only calls that are safe after fork in a program with threads.
[[noreturn]] void run_child(char** argv, char** envp, pid_t parent, int output,
                            unsigned max_descriptors, std::vector<int>& listening) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (max_descriptors > 0) {
    const rlimit limit{max_descriptors, max_descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (null > STDERR_FILENO) ::close(null);
  if (!listening.empty()) {
    fill_in_pid(envp[0]);
    place_descriptors(listening.data(), static_cast<int>(listening.size()));
  }
  ::execvpe(argv[0], argv, envp);
  ::_exit(127);
}

}  // namespace

Process::Process(std::vector<std::string> arguments, unsigned max_descriptors,
                 std::vector<std::string> environment, std::vector<int> listening)
    : output_fd_(::memfd_create("output", MFD_CLOEXEC)) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  if (!listening.empty()) {
    environment.insert(environment.begin(), {std::string(kListenPid) + std::string(kPidDigits, ' '),
                                             "LISTEN_FDS=" + std::to_string(listening.size())});
  }
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  for (char** entry = environ; *entry; ++entry) envp.push_back(*entry);
  envp.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    run_child(argv.data(), envp.data(), parent, output_fd_, max_descriptors, listening);
  }
  if (pid_ < 0) {
    ::close(output_fd_);
    throw std::runtime_error("cannot fork");
  }
}

Process::~Process() {
  if (!exit_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_fd_);
}

void Process::signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

void Process::suspend() {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);
}

std::optional<int> Process::wait_exit(milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!exit_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (Clock::now() >= deadline) {
      break;
    } else {
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  return exit_;
}

std::string Process::output(size_t from) const {
  std::string text;
  char buffer[1 << 14];
  for (;;) {
    const ssize_t count =
        ::pread(output_fd_, buffer, sizeof buffer, static_cast<off_t>(from + text.size()));
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

bool Process::wait_for_output(std::string_view text, size_t from, milliseconds limit) const {
  return eventually([&] { return output(from).find(text) != std::string::npos; }, limit);
}

size_t Process::rss_bytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

size_t Process::peak_rss_bytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}

size_t Process::descriptors() const {
  std::error_code ignored;
  size_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/" + std::to_string(pid_) + "/fd", ignored);
       entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    ++count;
  }
  return count;
}

milliseconds Process::cpu_time() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
    throw std::runtime_error("no CPU time of the process");
  }
  return milliseconds(used.tv_sec * 1000 + used.tv_nsec / 1'000'000);
}

size_t Process::limit_descriptors(size_t limit) const {
  rlimit before{};
  bool done = ::prlimit(pid_, RLIMIT_NOFILE, nullptr, &before) == 0;
  const rlimit after{limit, before.rlim_max};
  done = done && ::prlimit(pid_, RLIMIT_NOFILE, &after, nullptr) == 0;
  if (!done) throw std::runtime_error("cannot limit the descriptors of the process");
  return before.rlim_cur;
}

Finished run_program(std::vector<std::string> arguments, milliseconds limit) {
  const std::string name = arguments.front();
  Process process(std::move(arguments));
  const std::optional<int> code = process.wait_exit(limit);
  if (!code) throw std::runtime_error(name + " does not end:\n" + process.output());
  return {*code, process.output()};
}

}  // namespace slotway::tests
