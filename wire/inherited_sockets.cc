#include "wire/inherited_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>

#include "wire/socket_name.h"

namespace slotway::wire {

namespace {

constexpr int kFirstDescriptor = 3;  // SD_LISTEN_FDS_START

Error malformed(std::string_view variable, std::string_view value, std::string_view expected) {
  return {"listen", std::string(variable) + " is '" + std::string(value) + "'; expected " +
                        std::string(expected)};
}

// Digits alone, without sign or space.
std::optional<int> parse_count(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 1 ? std::optional(value) : std::nullopt;
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  for (size_t begin = 0;; ++begin) {
    const size_t end = std::min(text.find(':', begin), text.size());
    names.emplace_back(text.substr(begin, end - begin));
    begin = end;
    if (end == text.size()) return names;
  }
}

int option(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_listening_stream(int fd) {
  const int domain = option(fd, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
         option(fd, SO_TYPE) == SOCK_STREAM && option(fd, SO_ACCEPTCONN) == 1;
}

}  // namespace

InheritedSockets::Environment InheritedSockets::Environment::of_process() {
  return {[](const char* name) { return getenv(name); }, [](const char* name) { unsetenv(name); },
          getpid(), kFirstDescriptor};
}

Result<InheritedSockets> InheritedSockets::take(const Environment& environment) {
  const auto variable = [&](const char* name) -> std::optional<std::string> {
    const char* value = environment.get(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  const auto process = variable("LISTEN_PID");
  const auto descriptors = variable("LISTEN_FDS");
  const auto name_list = variable("LISTEN_FDNAMES");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) environment.unset(name);

  InheritedSockets inherited;
  if (!process || parse_count(*process) != environment.process || !descriptors) return inherited;
  const std::optional<int> count = parse_count(*descriptors);
  if (!count || *count > INT_MAX - environment.first_descriptor) {
    return malformed("LISTEN_FDS", *descriptors, "a number of descriptors");
  }
  std::vector<std::string> names;
  if (name_list) {
    names = split_names(*name_list);
    if (names.size() != static_cast<size_t>(*count)) {
      return malformed("LISTEN_FDNAMES", *name_list, *descriptors + " names with ':' between");
    }
  }
  for (int i = 0; i < *count; ++i) {
    const int fd = environment.first_descriptor + i;
    const std::string name = names.empty() ? "" : names[static_cast<size_t>(i)];
    if (!is_listening_stream(fd)) {
      return Error{"listen", "the inherited descriptor " + std::to_string(fd) +
                                 (name.empty() ? "" : " (" + name + ")") +
                                 " is no listening stream socket"};
    }
    // Who opened it may not have thought of either; and another process may take the connection
    // that this one was woken for.
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    inherited.sockets_.push_back({fd, name, socket_name(fd, &getsockname)});
  }
  return inherited;
}

InheritedSockets::~InheritedSockets() {
  for (const InheritedSocket& socket : sockets_) ::close(socket.fd);
}

std::optional<int> InheritedSockets::claim(std::string_view address) {
  const auto found = std::ranges::find(sockets_, address, &InheritedSocket::address);
  if (found == sockets_.end()) return std::nullopt;
  const int fd = found->fd;
  sockets_.erase(found);
  return fd;
}

}  // namespace slotway::wire
