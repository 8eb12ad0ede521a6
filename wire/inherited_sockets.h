// InheritedSockets: listening sockets that whoever started the process has opened for it, by
// systemd's protocol (sd_listen_fds(3)): LISTEN_PID is this process, the descriptors are
// LISTEN_FDS many from 3 on, and LISTEN_FDNAMES may name them.
//
// Such a socket outlives the process: connections wait in it while another process takes over. Each
// belongs to whoever claims it; what is left is closed with the object. Control thread, before
// there are others: the environment is changed.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/result.h"

namespace slotway::wire {

struct InheritedSocket {
  int fd;
  std::string name;     // of LISTEN_FDNAMES; empty without
  std::string address;  // as socket_name() spells it: "127.0.0.1:6380", "unix:/run/x.sock"
};

class InheritedSockets {
 public:
  // Where it looks. Tests bring their own.
  struct Environment {
    static Environment of_process();

    std::function<const char*(const char* name)> get;
    std::function<void(const char* name)> unset;
    pid_t process;
    int first_descriptor;
  };

  // Takes all of them out of the environment, so that no child does the same. None are there if
  // LISTEN_PID is missing or another process. An error says which descriptor is no listening stream
  // socket, or which variable is malformed.
  static Result<InheritedSockets> take(const Environment& environment = Environment::of_process());
  InheritedSockets(InheritedSockets&& other) noexcept : sockets_(std::move(other.sockets_)) {}
  InheritedSockets& operator=(InheritedSockets&&) = delete;
  ~InheritedSockets();

  // The socket that is bound to exactly this address, if there is one.
  std::optional<int> claim(std::string_view address);
  const std::vector<InheritedSocket>& unclaimed() const { return sockets_; }

 private:
  InheritedSockets() = default;

  std::vector<InheritedSocket> sockets_;
};

}  // namespace slotway::wire
