// Dialer: opens a connection to the address of one server: an embedded shard, a Unix socket, or TCP
// with its name resolved anew at each attempt, so that a server that moved is found.
//
// Owned by an Upstream; one attempt at a time. One worker thread.
#pragma once

#include <uv.h>

#include <functional>

#include "proxy/topology.h"
#include "wire/connection.h"

namespace slotway::proxy {

class Dialer {
 public:
  // The connection, whose handler hears whether it comes about; or why there is none.
  using Done = std::function<void(Result<wire::Connection*>)>;

  // All must outlive the dialer.
  Dialer(wire::Loop& loop, const Shard& shard, wire::ConnectionHandler& handler)
      : loop_(loop), shard_(shard), handler_(handler) {}
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  ~Dialer() { cancel(); }

  // `done` is called once, from here or later, unless cancel() comes first. Of the addresses of a
  // name each `attempt` takes the next: one of them may refuse.
  void dial(uint32_t attempt, Done done);
  // Whether `done` is still to be called: the name is being resolved.
  bool resolving() const { return resolution_; }
  void cancel();

 private:
  struct Resolution;

  void resolve(uint32_t attempt, Done done);
  Result<wire::Connection*> connect_tcp(const sockaddr& address) {
    return wire::Connection::connect_tcp(loop_, address, handler_);
  }
  Result<wire::Connection*> connect_unix(std::string_view path) {
    return wire::Connection::connect_unix(loop_, path, handler_);
  }

  wire::Loop& loop_;
  const Shard& shard_;
  wire::ConnectionHandler& handler_;
  Resolution* resolution_ = nullptr;  // owned by libuv until its callback
};

}  // namespace slotway::proxy
