// Socket: a stream socket as tests use it: blocking, with a deadline for each call.
//
// Owns the descriptor. One thread at a time; one may send while another receives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/patience.h"

namespace slotway::tests {

class Socket {
 public:
  // To 127.0.0.1 or a Unix socket. `receive_buffer` in bytes, 0 for the kernel's choice. Throws
  // std::runtime_error, as all functions here do when something cannot be done in time.
  static Socket connect(uint16_t port, int receive_buffer = 0);
  static Socket connect_unix(const std::string& path);
  // A listening socket on a free port of 127.0.0.1.
  static Socket listen(int backlog = 128);
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), limit_(other.limit_) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  // The deadline of each call from now on, not stretched.
  void set_limit(milliseconds limit) { limit_ = limit; }
  // Throws when the peer has gone or takes nothing.
  void send(std::string_view bytes);
  // As many bytes as are taken at once, without waiting; 0 if none are. Throws when the peer is
  // gone.
  size_t send_some(std::string_view bytes);
  // Appends what has come, at least a byte; 0 at the end of the stream, a reset included.
  size_t receive(std::string& into);
  // Whether there is something to receive (the end of the stream included) within `limit`.
  bool readable(milliseconds limit) const;
  // Waits until there is something to receive or room to send. Throws at the deadline.
  void wait_for_either();
  void shutdown_sending();
  void close();
  // Ends the connection with RST.
  void reset();
  // The next connection of a listening socket. Waits at most `limit`; otherwise fd() is -1.
  Socket accept(milliseconds limit);

  int fd() const { return fd_; }
  uint16_t local_port() const;

 private:
  void wait_for(short events);

  int fd_ = -1;
  milliseconds limit_ = kLong;
};

}  // namespace slotway::tests
