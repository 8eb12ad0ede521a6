#include "wire/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace slotway::wire {

namespace {

constexpr int kBacklog = 511;
constexpr int kAcceptsPerTurn = 64;

Error failed(const std::string& where, const char* why) {
  return {"listen", "cannot listen on " + where + ": " + why};
}

int open_spare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

Result<int> bind_socket(const sockaddr_storage& address, socklen_t size, const std::string& where) {
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return failed(where, std::strerror(errno));
  const int on = 1;
  if (address.ss_family != AF_UNIX) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(fd, kBacklog) != 0) {
    const int code = errno;
    ::close(fd);
    return failed(where, std::strerror(code));
  }
  return fd;
}

// A socket file that nobody answers on is the rest of a process that died.
void remove_stale(const sockaddr_storage& address, socklen_t size, const std::string& path) {
  // Any other file is not ours to remove.
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return;
  if (connect(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
      errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
  ::close(probe);
}

}  // namespace

Listener::Listener(int fd, Owner owner, std::string path, Accept accept, Shed shed)
    : fd_(fd),
      owner_(owner),
      spare_(open_spare()),
      path_(std::move(path)),
      accept_(std::move(accept)),
      shed_(std::move(shed)) {}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
  if (spare_ >= 0) ::close(spare_);
  if (!path_.empty()) unlink(path_.c_str());
}

std::unique_ptr<Listener> Listener::start(Loop& loop, int fd, Owner owner, std::string path,
                                          Accept accept, Shed shed) {
  std::unique_ptr<Listener> listener(
      new Listener(fd, owner, std::move(path), std::move(accept), std::move(shed)));
  uv_poll_init(loop.uv(), &listener->poll_, fd);
  uv_timer_init(loop.uv(), &listener->resume_);
  listener->poll_.data = listener->resume_.data = listener.get();
  listener->watch();
  return listener;
}

void Listener::watch() {
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Listener*>(poll->data)->accept_ready();
  });
}

void Listener::pause() {
  uv_poll_stop(&poll_);
  uv_timer_start(
      &resume_, [](uv_timer_t* timer) { static_cast<Listener*>(timer->data)->watch(); }, kPauseMs,
      0);
}

Result<std::unique_ptr<Listener>> Listener::open_tcp(Loop& loop, const std::string& address,
                                                     uint16_t port, Accept accept, Shed shed) {
  const bool is_v6 = address.find(':') != std::string::npos;
  const std::string where = (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  sockaddr_storage storage{};
  if (is_v6 ? uv_ip6_addr(address.c_str(), port, reinterpret_cast<sockaddr_in6*>(&storage)) != 0
            : uv_ip4_addr(address.c_str(), port, reinterpret_cast<sockaddr_in*>(&storage)) != 0) {
    return failed(where, "expected a numeric address");
  }
  const socklen_t size = is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  const Result<int> fd = bind_socket(storage, size, where);
  if (!fd.ok()) return fd.error();
  return start(loop, *fd, Owner::kThis, "", std::move(accept), std::move(shed));
}

Result<std::unique_ptr<Listener>> Listener::open_unix(Loop& loop, const std::string& path,
                                                      Accept accept, Shed shed) {
  const std::string where = "unix:" + path;
  const bool is_abstract = path.starts_with('@');
  sockaddr_storage storage{};
  auto& un = reinterpret_cast<sockaddr_un&>(storage);
  un.sun_family = AF_UNIX;
  if (path.size() >= sizeof un.sun_path) return failed(where, std::strerror(ENAMETOOLONG));
  std::memcpy(un.sun_path, path.data(), path.size());
  if (is_abstract) un.sun_path[0] = '\0';
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  if (!is_abstract) remove_stale(storage, size, path);
  const Result<int> fd = bind_socket(storage, size, where);
  if (!fd.ok()) return fd.error();
  return start(loop, *fd, Owner::kThis, is_abstract ? "" : path, std::move(accept),
               std::move(shed));
}

std::unique_ptr<Listener> Listener::take_over(Loop& loop, int fd, Accept accept, Shed shed) {
  return start(loop, fd, Owner::kOthers, "", std::move(accept), std::move(shed));
}

void Listener::take_backlog() {
  if (owner_ == Owner::kOthers) return;
  // As much as it can hold, and no more: clients may come as fast as they are accepted.
  for (int taken = 0; taken <= kBacklog; taken += kAcceptsPerTurn) accept_ready();
}

void Listener::close(std::unique_ptr<Listener> listener) {
  Listener& closing = *listener.release();
  const auto closed = [](uv_handle_t* handle) {
    static_cast<Listener*>(handle->data)->handle_closed();
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&closing.poll_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&closing.resume_), closed);
  // The path first: who finds it and is refused takes it for stale, and it might be the successor's
  // that would be removed later.
  if (!closing.path_.empty()) unlink(closing.path_.c_str());
  closing.path_.clear();
  // At once: until then the kernel goes on telling clients that they are connected.
  ::close(std::exchange(closing.fd_, -1));
}

void Listener::handle_closed() {
  if (--open_handles_ == 0) delete this;
}

void Listener::accept_ready() {
  // Another thread may have taken the place of the last one.
  if (spare_ < 0) spare_ = open_spare();
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      accept_(client);
    } else if (errno == EMFILE || errno == ENFILE) {
      if (!shed_one()) return pause();
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

bool Listener::shed_one() {
  if (spare_ >= 0) ::close(spare_);
  const int client = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  const bool gone = client >= 0 || (errno != EMFILE && errno != ENFILE);
  if (client >= 0) {
    ::close(client);
    shed_();
  }
  spare_ = open_spare();
  return gone;
}

}  // namespace slotway::wire
