#include "tests/support/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "tests/support/free_port.h"

namespace slotway::tests {

namespace {

constexpr size_t kReadSize = 1 << 16;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Socket Socket::connect(uint16_t port, int receive_buffer) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd_ < 0) fail("cannot make a socket");
  if (receive_buffer > 0) {
    ::setsockopt(socket.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const sockaddr_in address = loopback(port);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect to port " + std::to_string(port));
  }
  set_no_delay(socket.fd_);
  return socket;
}

Socket Socket::connect_unix(const std::string& path) {
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect to " + path);
  }
  return socket;
}

Socket Socket::listen(int backlog) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(free_port());
  if (::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.fd_, backlog) != 0) {
    fail("cannot listen");
  }
  return socket;
}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  fd_ = std::exchange(other.fd_, -1);
  limit_ = other.limit_;
  return *this;
}

void Socket::wait_for(short events) {
  pollfd poll{fd_, events, 0};
  const int ready = ::poll(&poll, 1, static_cast<int>(limit_.count()));
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) fail(events == POLLOUT ? "cannot send" : "nothing received");
}

void Socket::wait_for_either() { wait_for(POLLIN | POLLOUT); }

size_t Socket::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) fail("cannot send");
  return 0;
}

void Socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t sent = send_some(bytes);
    if (sent == 0) wait_for(POLLOUT);
    bytes.remove_prefix(sent);
  }
}

size_t Socket::receive(std::string& into) {
  wait_for(POLLIN);
  const size_t before = into.size();
  into.resize(before + kReadSize);
  const ssize_t count = ::recv(fd_, into.data() + before, kReadSize, 0);
  into.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
  return into.size() - before;
}

bool Socket::readable(milliseconds limit) const {
  pollfd poll{fd_, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(limit.count())) > 0;
}

void Socket::shutdown_sending() { ::shutdown(fd_, SHUT_WR); }

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Socket::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

Socket Socket::accept(milliseconds limit) {
  if (!readable(limit)) return Socket(-1);
  Socket accepted(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  if (accepted.fd_ >= 0) set_no_delay(accepted.fd_);
  return accepted;
}

uint16_t Socket::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace slotway::tests
