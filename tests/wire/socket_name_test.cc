#include "wire/socket_name.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>

namespace slotway::wire {

namespace {

struct Fd {
  int fd = -1;
  ~Fd() {
    if (fd >= 0) ::close(fd);
  }
};

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A listener, a client that is connected to it and the accepted end.
template <typename Address>
struct Pair {
  Fd listener, client, accepted;
  Pair(Address address, socklen_t size) {
    listener.fd = socket(address_family(address), SOCK_STREAM, 0);
    REQUIRE(bind(listener.fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener.fd, 1) == 0);
    REQUIRE(getsockname(listener.fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    client.fd = socket(address_family(address), SOCK_STREAM, 0);
    REQUIRE(connect(client.fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    accepted.fd = accept(listener.fd, nullptr, nullptr);
    REQUIRE(accepted.fd >= 0);
  }
  static int address_family(const Address& address) {
    return reinterpret_cast<const sockaddr&>(address).sa_family;
  }
};

sockaddr_un unix_address(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace

TEST_CASE("the ends of an IPv4 connection") {
  const Pair pair(loopback(), sizeof(sockaddr_in));
  const std::string server = socket_name(pair.client.fd, &getpeername);
  CHECK(server.starts_with("127.0.0.1:"));
  CHECK(std::stoi(server.substr(10)) > 0);
  CHECK(server == socket_name(pair.accepted.fd, &getsockname));
  CHECK(server == socket_name(pair.listener.fd, &getsockname));
  const std::string client = socket_name(pair.accepted.fd, &getpeername);
  CHECK(client == socket_name(pair.client.fd, &getsockname));
  CHECK(client != server);
}

TEST_CASE("the ends of an IPv6 connection") {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  Fd probe{socket(AF_INET6, SOCK_STREAM, 0)};
  if (probe.fd < 0 || bind(probe.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    MESSAGE("no IPv6 on this machine");
    return;
  }
  const Pair pair(address, sizeof address);
  CHECK(socket_name(pair.client.fd, &getpeername).starts_with("[::1]:"));
  CHECK(socket_name(pair.client.fd, &getpeername) == socket_name(pair.accepted.fd, &getsockname));
}

TEST_CASE("the ends of Unix sockets") {
  const std::string id = std::to_string(getpid());
  const auto header = offsetof(sockaddr_un, sun_path);

  const std::string path =
      (std::filesystem::temp_directory_path() / ("slotway-name-" + id)).string();
  {
    const Pair pair(unix_address(path), static_cast<socklen_t>(header + path.size() + 1));
    CHECK(socket_name(pair.client.fd, &getpeername) == "unix:" + path);
    CHECK(socket_name(pair.client.fd, &getsockname) == "unix");
    CHECK(socket_name(pair.accepted.fd, &getpeername) == "unix");
  }
  std::filesystem::remove(path);

  const std::string name = "slotway-name-" + id;
  const Pair pair(unix_address('\0' + name), static_cast<socklen_t>(header + 1 + name.size()));
  CHECK(socket_name(pair.client.fd, &getpeername) == "unix:@" + name);

  // As long as a name can be: no terminator in the address.
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'n');
  const Pair longest_pair(unix_address('\0' + longest), sizeof(sockaddr_un));
  CHECK(socket_name(longest_pair.client.fd, &getpeername) == "unix:@" + longest);

  Fd ends[2];
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  ends[0].fd = fds[0];
  ends[1].fd = fds[1];
  CHECK(socket_name(fds[0], &getpeername) == "unix");
}

TEST_CASE("what is no connected socket has no name") {
  CHECK(socket_name(-1, &getpeername) == "?");
  const Fd unconnected{socket(AF_INET, SOCK_STREAM, 0)};
  CHECK(socket_name(unconnected.fd, &getpeername) == "?");
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  const Fd read_end{fds[0]}, write_end{fds[1]};
  CHECK(socket_name(fds[0], &getsockname) == "?");
}

}  // namespace slotway::wire
