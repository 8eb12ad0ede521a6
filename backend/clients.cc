#include "backend/clients.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "backend/store.h"
#include "metrics/log.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kBetweenTimeoutsMs = 1000;

bool is_local_socket(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(in.sin_addr.s_addr) >> 24 == 127;
  }
  if (address.ss_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return address.ss_family == AF_UNIX;
}

void set_keepalive(int fd, uint64_t seconds) {
  const int on = seconds > 0;
  const int idle = static_cast<int>(seconds);
  const int interval = std::max(idle / 3, 1);
  const int probes = 3;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (!on) return;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

}  // namespace

void Clients::add(int fd) {
  if (clients_.size() >= store_.settings.max_clients) {
    constexpr std::string_view kTooMany = "-ERR max number of clients reached\r\n";
    // A fresh socket has room for this; if not, the client learns it from the close.
    (void)!::send(fd, kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(fd);
    ++store_.statistics.connections_rejected;
    return;
  }
  const bool is_local = is_local_socket(fd);
  const uint64_t id = next_id_++;
  auto client = std::make_unique<Client>(store_, id);
  const Result<wire::Connection*> connection = wire::Connection::adopt(store_.loop, fd, *client);
  if (!connection.ok()) {
    metrics::log::warn("a client was lost on arrival: {}", connection.error().message);
    return;
  }
  set_keepalive((*connection)->fd(), store_.settings.keepalive_seconds);
  client->attach(**connection, is_local);
  clients_.emplace(id, std::move(client));
  ++store_.statistics.connections;
}

void Clients::remove(const Client& client) { clients_.erase(client.id()); }

void Clients::close_all() {
  for (const auto& [id, client] : clients_) client->close("the server ends");
}

Client* Clients::find(uint64_t id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

Client* Clients::find_open(uint64_t id) const {
  Client* const client = find(id);
  return client && !client->is_ending() ? client : nullptr;
}

void Clients::pause(Pause kind, uint64_t until_ms) {
  pause_ = std::max(pause_, kind);
  paused_until_ms_ = std::max(paused_until_ms_, until_ms);
  if (paused_until_ms_ <= store_.loop.now_ms()) return resume();
  store_.engine.keep_expired(true);
}

void Clients::resume() {
  pause_ = Pause::kNone;
  paused_until_ms_ = 0;
  store_.engine.keep_expired(false);
  for (const auto& [id, client] : clients_) client->resume();
}

size_t Clients::held() const {
  return static_cast<size_t>(
      std::ranges::count_if(clients_, [](const auto& each) { return each.second->is_held(); }));
}

bool Clients::is_paused_for(uint32_t flags) const {
  return pause_ == Pause::kAll ||
         (pause_ == Pause::kWrites && (flags & (wire::kWrite | wire::kMayReplicate)));
}

void Clients::check(uint64_t now_ms) {
  if (pause_ != Pause::kNone && now_ms >= paused_until_ms_) resume();
  if (now_ms < next_timeouts_ms_) return;
  next_timeouts_ms_ = now_ms + kBetweenTimeoutsMs;
  for (const auto& [id, client] : clients_) client->check_timeouts(now_ms);
}

}  // namespace slotway::backend
