// RedisServer: a real redis-server process that lives as long as this object.
//
// It listens on a free port of 127.0.0.1 and on a Unix socket, keeps its files in a temporary
// directory, saves nothing unless told to, and dies with the thread that made it, so that a crashed
// test leaves no process behind. The owner is the test; one thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/free_port.h"

namespace slotway::tests {

class RedisServer {
 public:
  // Starts redis-server with `arguments` behind those of this class, such as
  // {"--appendonly", "yes"}, and waits until it answers PING. Throws std::runtime_error with the
  // end of its log when it does not within 10 s.
  explicit RedisServer(std::vector<std::string> arguments = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  // Kills the process and removes the directory.
  ~RedisServer();

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  const std::string& socket_path() const { return socket_path_; }
  const std::string& directory() const { return directory_; }
  pid_t pid() const { return pid_; }  // 0 while it is killed

  // SIGKILL; nothing when it is dead already. The directory and the port stay.
  void kill();
  // Starts it again on the same port, directory and arguments, and waits until it answers.
  void start();
  // SIGSTOP, until all its threads stand still; SIGCONT.
  void suspend();
  void resume();

 private:
  bool try_start();
  bool answers_ping() const;
  std::string end_of_log() const;

  std::vector<std::string> arguments_;
  std::string directory_;
  std::string socket_path_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace slotway::tests
