#include "metrics/admin_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "wire/text.h"

namespace slotway::metrics {

std::optional<std::string> listening_port(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view bare = brackets ? host.substr(1, host.size() - 2) : host;
  const auto allowed = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || (brackets && c == ':');
  };
  if (!std::all_of(bare.begin(), bare.end(), allowed)) return std::nullopt;
  return host.empty() ? fmt::format("{}", port) : fmt::format("{}:{}", host, port);
}

void knock(std::string_view address, uint16_t port) {
  std::string host(address.substr(0, address.rfind(':')));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // An empty host, and the address that stands for all, lead to this machine.
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints,
                  &found) != 0) {
    return;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    // Refused or under way: both are fine, the next knock follows.
    (void)connect(fd, at->ai_addr, at->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

bool is_loopback(std::string_view host_and_port) {
  if (host_and_port.starts_with('[')) {
    return host_and_port == "[::1]" || host_and_port.starts_with("[::1]:");
  }
  std::string host(host_and_port.substr(0, host_and_port.find(':')));
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return wire::equal_ignoring_case(host, "localhost");
}

}  // namespace slotway::metrics
