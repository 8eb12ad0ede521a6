#include "wire/socket_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace slotway::wire {

namespace {

std::string unix_name(const sockaddr_un& address, socklen_t size) {
  const size_t header = offsetof(sockaddr_un, sun_path);
  if (size <= header) return "unix";
  const size_t length = size - header;
  if (address.sun_path[0] == '\0') return "unix:@" + std::string(address.sun_path + 1, length - 1);
  return "unix:" + std::string(address.sun_path, strnlen(address.sun_path, length));
}

}  // namespace

std::string socket_name(int fd, NameQuery query) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (query(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return "?";
  char text[INET6_ADDRSTRLEN];
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(in.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(storage);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  if (storage.ss_family == AF_UNIX) {
    return unix_name(reinterpret_cast<const sockaddr_un&>(storage), size);
  }
  return "?";
}

}  // namespace slotway::wire
