#include "proxy/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace slotway::proxy {

namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn = 64;

Error failed(const config::Address& address, int code) {
  return {"listen", "cannot listen on " + address.text() + ": " + std::strerror(code)};
}

// A Unix socket that nobody answers on is the rest of a process that died.
void remove_stale(const sockaddr_un& address, socklen_t size) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  if (connect(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
      errno == ECONNREFUSED) {
    unlink(address.sun_path);
  }
  ::close(probe);
}

Result<int> bind_socket(const config::Address& address) {
  sockaddr_storage storage{};
  socklen_t size;
  if (address.kind == config::Address::Kind::kUnix) {
    auto& un = reinterpret_cast<sockaddr_un&>(storage);
    un.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof un.sun_path) return failed(address, ENAMETOOLONG);
    std::memcpy(un.sun_path, address.path.c_str(), address.path.size() + 1);
    size = sizeof un;
    remove_stale(un, size);
  } else if (uv_ip4_addr(address.host.c_str(), address.port,
                         reinterpret_cast<sockaddr_in*>(&storage)) == 0) {
    size = sizeof(sockaddr_in);
  } else if (uv_ip6_addr(address.host.c_str(), address.port,
                         reinterpret_cast<sockaddr_in6*>(&storage)) == 0) {
    size = sizeof(sockaddr_in6);
  } else {
    return Error{"listen", "cannot listen on " + address.text() + ": expected a numeric address"};
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(address, errno);
  const int on = 1;
  if (storage.ss_family != AF_UNIX) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      listen(fd, kBacklog) != 0) {
    const int code = errno;
    ::close(fd);
    return failed(address, code);
  }
  return fd;
}

int open_spare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Listener::Listener(int fd, std::string path, Accept accept, Shed shed)
    : fd_(fd),
      spare_(open_spare()),
      path_(std::move(path)),
      accept_(std::move(accept)),
      shed_(std::move(shed)) {}

Listener::~Listener() {
  ::close(fd_);
  if (spare_ >= 0) ::close(spare_);
  if (!path_.empty()) unlink(path_.c_str());
}

Result<std::unique_ptr<Listener>> Listener::open(uv_loop_t* loop, const config::Address& address,
                                                 Accept accept, Shed shed) {
  const Result<int> fd = bind_socket(address);
  if (!fd.ok()) return fd.error();
  std::unique_ptr<Listener> listener(
      new Listener(*fd, address.path, std::move(accept), std::move(shed)));
  uv_poll_init(loop, &listener->poll_, *fd);
  listener->poll_.data = listener.get();
  uv_poll_start(&listener->poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Listener*>(poll->data)->accept_ready();
  });
  return listener;
}

void Listener::close(std::unique_ptr<Listener> listener) {
  uv_poll_t& poll = listener.release()->poll_;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll),
           [](uv_handle_t* handle) { delete static_cast<Listener*>(handle->data); });
}

void Listener::accept_ready() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      accept_(client);
    } else if (errno == EMFILE || errno == ENFILE) {
      if (!shed_one()) return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

bool Listener::shed_one() {
  if (spare_ >= 0) ::close(spare_);
  const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client >= 0) ::close(client);
  spare_ = open_spare();
  shed_();
  return client >= 0;
}

}  // namespace slotway::proxy
