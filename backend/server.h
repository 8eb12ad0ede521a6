// Server: one storage server on a thread of its own, in whatever program wants one: slotway-store,
// the proxy (an embedded shard), a test.
//
// The owner constructs, starts, stops and destroys it on one thread; what is marked [any thread]
// may be called from anywhere between start() and the destructor. The data ends with the object.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "backend/settings.h"
#include "backend/store_sample.h"
#include "wire/result.h"
#include "wire/slot.h"

namespace slotway::backend {

class Server {
 public:
  explicit Server(Settings settings);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stops it

  // What the SHUTDOWN command does, on the server's thread. Without it, SHUTDOWN is refused: an
  // embedded shard does not end on a client's wish. Before start().
  void on_shutdown(std::function<void()> end);

  // Listens, then starts the thread. An error ("cannot listen on 127.0.0.1:7001: ...") leaves
  // nothing behind. With neither a port nor a socket there is nothing to start: an error.
  Status start();
  // Closes all connections and ends the thread. May be called repeatedly.
  void stop();

  // [any thread] Keys of all databases, expired ones that nobody has looked at included; at most
  // one turn of the loop old.
  uint64_t key_count() const;
  // [any thread, but not the server's own] Exact; waits for the server's thread. 0 when it is
  // stopped. Both ends belong to it; all databases.
  uint64_t key_count(wire::Slot first, wire::Slot last) const;
  // [any thread] What has been counted, about a second old, or older while the server's thread is
  // busy with one command. Never null while the server runs, null when it is stopped.
  std::shared_ptr<const StoreSample> sample() const;

 private:
  class Running;
  Settings settings_;
  std::function<void()> end_;
  std::unique_ptr<Running> running_;
};

}  // namespace slotway::backend
