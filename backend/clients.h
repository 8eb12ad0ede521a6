// Clients: all clients of a server, by the order in which they came. The server's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "backend/client.h"
#include "wire/command_table.h"

namespace slotway::backend {

class Clients {
 public:
  enum class Pause : uint8_t { kNone, kWrites, kAll };

  explicit Clients(Store& store) : store_(store) {}

  // Takes over an accepted socket; answers and closes it if there are too many clients.
  void add(int fd);
  // The last call for a client: destroys it.
  void remove(const Client& client);
  void close_all();

  size_t size() const { return clients_.size(); }
  Client* find(uint64_t id) const;
  // The same, null for a client that is about to go.
  Client* find_open(uint64_t id) const;
  const std::map<uint64_t, std::unique_ptr<Client>>& all() const { return clients_; }

  // Lets commands wait until `until_ms` of the loop's clock; a pause that is already on can only
  // get longer and wider. Meanwhile nothing expires or is evicted by itself.
  void pause(Pause kind, uint64_t until_ms);
  void resume();
  // Whether a command with these flags is to wait.
  bool is_paused_for(uint32_t flags) const;
  // How many wait for the end of the pause.
  size_t held() const;
  bool is_paused() const { return pause_ != Pause::kNone; }

  // To be called about every tenth of a second.
  void check(uint64_t now_ms);

 private:
  Store& store_;
  std::map<uint64_t, std::unique_ptr<Client>> clients_;
  uint64_t next_id_ = 1;
  uint64_t next_timeouts_ms_ = 0;
  Pause pause_ = Pause::kNone;
  uint64_t paused_until_ms_ = 0;
};

}  // namespace slotway::backend
