#include "proxy/upstream/dialer.h"

#include <memory>
#include <string>
#include <utility>

namespace slotway::proxy {

namespace {

const addrinfo& pick(const addrinfo* found, uint32_t attempt) {
  uint32_t count = 0;
  for (const addrinfo* at = found; at; at = at->ai_next) ++count;
  for (uint32_t skip = attempt % count; skip > 0; --skip) found = found->ai_next;
  return *found;
}

}  // namespace

struct Dialer::Resolution {
  uv_getaddrinfo_t request;
  Dialer* owner;  // null once nobody waits for it
  uint32_t attempt;
  Done done;
};

void Dialer::dial(uint32_t attempt, Done done) {
  const config::Address& address = shard_.address;
  switch (address.kind) {
    case config::Address::Kind::kEmbedded:
      return done(connect_unix(shard_.socket_name));
    case config::Address::Kind::kUnix:
      return done(connect_unix(address.path));
    case config::Address::Kind::kTcp:
      break;
  }
  sockaddr_in v4;
  sockaddr_in6 v6;
  if (uv_ip4_addr(address.host.c_str(), address.port, &v4) == 0) {
    done(connect_tcp(reinterpret_cast<const sockaddr&>(v4)));
  } else if (uv_ip6_addr(address.host.c_str(), address.port, &v6) == 0) {
    done(connect_tcp(reinterpret_cast<const sockaddr&>(v6)));
  } else {
    resolve(attempt, std::move(done));
  }
}

void Dialer::resolve(uint32_t attempt, Done done) {
  auto resolution = std::make_unique<Resolution>();
  resolution->owner = this;
  resolution->attempt = attempt;
  resolution->request.data = resolution.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int code = uv_getaddrinfo(
      loop_.uv(), &resolution->request,
      [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
        const std::unique_ptr<Resolution> ended(static_cast<Resolution*>(request->data));
        if (Dialer* const owner = ended->owner) {
          owner->resolution_ = nullptr;
          if (status == 0) {
            ended->done(owner->connect_tcp(*pick(found, ended->attempt).ai_addr));
          } else {
            ended->done(
                Error{"ERR", std::string("its name does not resolve: ") + uv_strerror(status)});
          }
        }
        uv_freeaddrinfo(found);
      },
      shard_.address.host.c_str(), std::to_string(shard_.address.port).c_str(), &hints);
  if (code != 0) return done(Error{"ERR", uv_strerror(code)});
  resolution->done = std::move(done);
  resolution_ = resolution.release();
}

void Dialer::cancel() {
  if (!resolution_) return;
  uv_cancel(reinterpret_cast<uv_req_t*>(&resolution_->request));
  resolution_->owner = nullptr;
  resolution_ = nullptr;
}

}  // namespace slotway::proxy
