#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace slotway::tests {

namespace {

constexpr auto kStartDeadline = std::chrono::seconds(10);
constexpr auto kPollInterval = std::chrono::milliseconds(5);
constexpr int kPortAttempts = 5;

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  std::string name = (std::filesystem::temp_directory_path() / "slotway-redis-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create " + name);
  directory_ = name;
  socket_path_ = directory_ + "/redis.sock";
  // Between the choice of a port and its use another process may take it: then choose again.
  for (int attempt = 1; attempt <= kPortAttempts; ++attempt) {
    port_ = free_port();
    if (try_start()) return;
    kill();
  }
  const std::string log = end_of_log();
  std::filesystem::remove_all(directory_);
  throw std::runtime_error("redis-server did not start:\n" + log);
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void RedisServer::start() {
  if (pid_ != 0) return;
  if (try_start()) return;
  kill();
  throw std::runtime_error("redis-server did not start again:\n" + end_of_log());
}

bool RedisServer::try_start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket_path_,
                                    "--dir",
                                    directory_,
                                    "--logfile",
                                    "redis.log",
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no",
                                    "--enable-debug-command",
                                    "yes"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const std::string log_path = directory_ + "/redis.log";
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    pid_ = 0;
    throw std::runtime_error("cannot fork");
  }
  if (pid_ == 0) {
    // Only calls that are safe after fork in a program with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // Complaints about arguments come before the server has opened its own log.
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  const auto deadline = std::chrono::steady_clock::now() + kStartDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    if (answers_ping()) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return false;
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return false;
}

// Asks over the Unix socket, which only this server can own. Any reply counts but -LOADING: a
// password may be set.
bool RedisServer::answers_ping() const {
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnectUnixWithTimeout(socket_path_.c_str(), timeval{1, 0}), &redisFree);
  if (context == nullptr || context->err != 0) return false;
  redisSetTimeout(context.get(), timeval{1, 0});
  auto* reply = static_cast<redisReply*>(redisCommand(context.get(), "PING"));
  if (reply == nullptr) return false;
  const bool loading = std::string_view(reply->str, reply->len).starts_with("LOADING");
  freeReplyObject(reply);
  return !loading;
}

std::string RedisServer::end_of_log() const {
  std::ifstream log(directory_ + "/redis.log");
  std::string text{std::istreambuf_iterator<char>(log), std::istreambuf_iterator<char>()};
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

void RedisServer::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
  ::unlink(socket_path_.c_str());
}

void RedisServer::suspend() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);
}

void RedisServer::resume() {
  if (pid_ != 0) ::kill(pid_, SIGCONT);
}

}  // namespace slotway::tests
