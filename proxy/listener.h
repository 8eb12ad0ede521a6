// Listener: accepts clients on one address and hands each to `accept`.
//
// Runs on the control thread's loop. When the process is out of descriptors it sheds: a spare
// descriptor is given up for a moment, so that the client is taken and closed rather than left in
// the backlog, where it would wake the loop for ever.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>

#include "config/config.h"
#include "wire/result.h"

namespace slotway::proxy {

class Listener {
 public:
  using Accept = std::function<void(int fd)>;  // takes over the connected, non-blocking socket
  using Shed = std::function<void()>;          // a client was turned away for want of descriptors

  // Binds and listens; the error names the address.
  static Result<std::unique_ptr<Listener>> open(uv_loop_t* loop, const config::Address& address,
                                                Accept accept, Shed shed);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Stops; `listener` is destroyed once the loop has let go of it.
  static void close(std::unique_ptr<Listener> listener);

 private:
  Listener(int fd, std::string path, Accept accept, Shed shed);
  ~Listener();
  friend struct std::default_delete<Listener>;
  void accept_ready();
  bool shed_one();

  int fd_;
  int spare_;
  std::string path_;  // of a Unix socket, removed at the end
  Accept accept_;
  Shed shed_;
  uv_poll_t poll_;
};

}  // namespace slotway::proxy
