#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

namespace slotway::tests {

namespace {

constexpr unsigned kFirst = 12000;
constexpr unsigned kLast = 32000;
constexpr int kAttempts = 200;

bool can_bind(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound =
      fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (fd >= 0) ::close(fd);
  return bound;
}

}  // namespace

uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<unsigned> ports(kFirst, kLast);
  for (int i = 0; i < kAttempts; ++i) {
    const auto port = static_cast<uint16_t>(ports(random));
    if (can_bind(port)) return port;
  }
  throw std::runtime_error("no free port on 127.0.0.1");
}

}  // namespace slotway::tests
