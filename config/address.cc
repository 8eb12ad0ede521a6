#include "config/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <string>

#include "config/scalar.h"

namespace slotway::config {

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr size_t kMaxPath = 107;  // sun_path, less the NUL
constexpr size_t kMaxHost = 253;  // RFC 1035, section 2.3.4
constexpr size_t kMaxLabel = 63;

Error expected(std::string_view what) { return {"config", "expected " + std::string(what)}; }

// The usual form of an IP address, or nothing.
std::optional<std::string> canonical(int family, const std::string& host) {
  in6_addr bytes;  // large enough for both families
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(family, host.c_str(), &bytes) != 1) return std::nullopt;
  return inet_ntop(family, &bytes, text, sizeof text);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

// A last label of digits alone is a mistyped IPv4 address: no top-level domain looks like that.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxHost) return false;
  if (host.back() == '.') host.remove_suffix(1);
  while (true) {
    const size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return host.find_first_not_of("0123456789") != std::string_view::npos;
}

std::optional<Address> parse_tcp(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const Result<uint64_t> port = Count{1, 65535}(text.substr(colon + 1));
  if (!port.ok()) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  Address address;
  address.port = static_cast<uint16_t>(*port);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    const auto v6 = canonical(AF_INET6, std::string(host.substr(1, host.size() - 2)));
    if (!v6) return std::nullopt;
    address.host = *v6;
  } else if (const auto v4 = canonical(AF_INET, std::string(host))) {
    address.host = *v4;
  } else if (is_host_name(host)) {
    address.host = host;
  } else {
    return std::nullopt;
  }
  return address;
}

bool is_ip(const std::string& host) {
  return canonical(AF_INET, host).has_value() || canonical(AF_INET6, host).has_value();
}

std::optional<Address> parse_tcp_to_listen(std::string_view text) {
  std::optional<Address> address = parse_tcp(text);
  if (!address) return std::nullopt;
  if (address->host == "localhost") address->host = "127.0.0.1";
  return is_ip(address->host) ? address : std::nullopt;
}

std::optional<Address> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  if (path.size() < 2 || path.size() > kMaxPath || path.front() != '/') return std::nullopt;
  if (!is_one_line(path)) return std::nullopt;  // it stands in log lines, and a NUL would end it
  Address address;
  address.kind = Address::Kind::kUnix;
  address.path = path;
  return address;
}

}  // namespace

std::string Address::text() const {
  switch (kind) {
    case Kind::kEmbedded:
      return "embedded";
    case Kind::kUnix:
      return std::string(kUnixPrefix) + path;
    case Kind::kTcp:
      break;
  }
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool Address::is_loopback() const {
  if (kind != Kind::kTcp || host == "localhost") return true;
  in_addr v4;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

Result<Address> parse_shard_address(std::string_view text) {
  if (text == "embedded") {
    Address address;
    address.kind = Address::Kind::kEmbedded;
    return address;
  }
  if (const auto address = text.starts_with(kUnixPrefix) ? parse_unix(text) : parse_tcp(text)) {
    return *address;
  }
  return expected(
      "HOST:PORT, \"[IPv6]:PORT\" in quotes, unix:/path of at most 107 bytes, or embedded");
}

Result<Address> parse_listen_address(std::string_view text) {
  if (const auto address =
          text.starts_with(kUnixPrefix) ? parse_unix(text) : parse_tcp_to_listen(text)) {
    return *address;
  }
  return expected(
      "an IP address and port such as 127.0.0.1:6380, \"[::1]:6380\" in quotes, or "
      "unix:/path of at most 107 bytes");
}

Result<Address> parse_announced_address(std::string_view text) {
  if (const auto address = parse_tcp(text)) return *address;
  return expected("HOST:PORT, or \"[IPv6]:PORT\" in quotes");
}

Result<Address> parse_admin_address(std::string_view text) {
  if (const auto address = parse_tcp_to_listen(text)) return *address;
  return expected(
      "an IP address and port such as 127.0.0.1:9180, \"[::1]:9180\" in quotes, or off");
}

}  // namespace slotway::config
