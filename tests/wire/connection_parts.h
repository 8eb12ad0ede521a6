// What the tests of Loop and Connection are made of: raw sockets as the peer, a handler whose calls
// are recorded, and a loop that is driven turn by turn from the test itself, without threads.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "wire/connection.h"
#include "wire/loop.h"

namespace slotway::wire {

// A raw socket that never blocks.
class Peer {
 public:
  explicit Peer(int fd = -1) : fd_(fd) {
    if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Peer& operator=(Peer&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Peer() { close(); }
  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // As much as the kernel takes; returns how many bytes.
  size_t send(std::string_view bytes) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return count > 0 ? static_cast<size_t>(count) : 0;
  }
  // Appends what is there to `received`, at most `limit` bytes.
  void receive(size_t limit = 1 << 20) {
    std::string piece(limit, '\0');
    const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
    if (count == 0) at_end = true;
    if (count < 0 && errno != EAGAIN) error = errno;
    if (count > 0) received.append(piece, 0, static_cast<size_t>(count));
  }
  // Has close() send an RST.
  void reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  std::string received;
  bool at_end = false;
  int error = 0;

 private:
  int fd_;
};

enum class Family { kTcp, kUnix };

// A listening socket of 127.0.0.1, or of an abstract name.
class Listener {
 public:
  explicit Listener(Family family) : peer_(socket(domain(family), SOCK_STREAM, 0)) {
    if (family == Family::kTcp) {
      auto& in = reinterpret_cast<sockaddr_in&>(address_);
      in.sin_family = AF_INET;
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size_ = sizeof in;
    } else {
      auto& un = reinterpret_cast<sockaddr_un&>(address_);
      un.sun_family = AF_UNIX;
      static int serial = 0;
      name_ = '\0' + ("slotway-test-" + std::to_string(getpid()) + "-" + std::to_string(++serial));
      std::memcpy(un.sun_path, name_.data(), name_.size());
      size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    }
    REQUIRE(bind(peer_.fd(), &address(), size_) == 0);
    REQUIRE(listen(peer_.fd(), 16) == 0);
    REQUIRE(getsockname(peer_.fd(), &address(), &size_) == 0);
  }
  sockaddr& address() { return reinterpret_cast<sockaddr&>(address_); }
  const std::string& abstract_name() const { return name_; }
  Peer connect() {
    Peer client(socket(address().sa_family, SOCK_STREAM, 0));
    fcntl(client.fd(), F_SETFL, 0);
    REQUIRE(::connect(client.fd(), &address(), size_) == 0);
    return Peer(client.release());
  }
  Peer accept() { return Peer(::accept(peer_.fd(), nullptr, nullptr)); }
  void close() { peer_.close(); }

 private:
  static int domain(Family family) { return family == Family::kTcp ? AF_INET : AF_UNIX; }
  Peer peer_;
  sockaddr_storage address_{};
  socklen_t size_ = 0;
  std::string name_;
};

// Turns the loop until `done`; false if that takes more than 10 s.
template <typename Done>
bool run_until(Loop& loop, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  return true;
}

inline void run_turns(Loop& loop, int turns) {
  for (int i = 0; i < turns; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
}

// Takes all input unless told otherwise, and records what it is told.
class RecordingHandler : public ConnectionHandler {
 public:
  size_t on_input(const Input& input) override {
    CHECK_FALSE(closed);
    CHECK_FALSE(input.bytes.empty());
    CHECK(input.bytes.data() >= input.block.get()->data());
    CHECK(input.bytes.data() + input.bytes.size() <=
          input.block.get()->data() + input.block.get()->capacity);
    ++inputs;
    if (take) return take(input);
    received.append(input.bytes);
    return input.bytes.size();
  }
  size_t missing() const override { return missing_bytes; }
  bool expects_output() const override { return expects; }
  void on_written() override {
    CHECK_FALSE(closed);
    ++writes;
    if (written) written();
  }
  void on_connected() override {
    CHECK_FALSE(closed);
    ++connects;
    if (connected) connected();
  }
  void on_close(std::string_view why) override {
    CHECK_FALSE(closed);
    closed = true;
    reason = why;
  }

  std::function<size_t(const Input&)> take;
  std::function<void()> written;
  std::function<void()> connected;
  size_t missing_bytes = 1;
  bool expects = false;
  std::string received;
  std::string reason;
  int inputs = 0;
  int writes = 0;
  int connects = 0;
  bool closed = false;
};

// A connection of a loop and the raw socket at its other end. At the end it is closed.
struct Link {
  explicit Link(Loop& owner, Family family = Family::kTcp) : loop(owner) {
    int fds[2] = {-1, -1};
    if (family == Family::kTcp) {
      Listener listener(family);
      peer = listener.connect();
      fds[0] = listener.accept().release();
    } else {
      REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
      peer = Peer(fds[1]);
    }
    Result<Connection*> adopted = Connection::adopt(loop, fds[0], handler);
    REQUIRE(adopted.ok());
    connection = *adopted;
  }
  ~Link() {
    if (!handler.closed) connection->close("end of the test");
    run_until(loop, [this] { return handler.closed; });
  }
  bool run_until_closed() {
    return run_until(loop, [this] { return handler.closed; });
  }

  Loop& loop;
  RecordingHandler handler;
  Peer peer;
  Connection* connection = nullptr;  // gone once handler.closed
};

// Bytes in which every position can be told from its neighbours.
inline std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& c : bytes) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace slotway::wire
