// Watches: which client watches which key, for WATCH. Owned by the Store; the server's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/engine/key.h"
#include "backend/sessions/database_key.h"

namespace slotway::backend {

class Client;
class Database;
struct Store;

// One key that a client watches.
struct Watch {
  Client* client;
  uint32_t database;
  std::string key;
  bool was_expired;  // when the watch began: that it is removed then changes nothing
};

class Watches {
 public:
  explicit Watches(Store& store) : store_(store) {}

  // A key of the client's database; nothing if it is watched already.
  void add(Client& client, const Key& key);
  void remove_all(Client& client);
  // Whether a key has expired since the client began to watch it. An entry that has expired need
  // not have been removed yet.
  bool has_expired(const Client& client) const;

  // The key has changed.
  void touch(uint32_t database, const Key& key);
  // All keys of the database are about to go, and those of `replacement` to come in their place if
  // it is not null.
  void replace_all(uint32_t database, const Database* replacement);

  // Clients with at least one watched key, and those keys, each once.
  size_t clients() const { return clients_; }
  size_t keys() const { return by_key_.size(); }

 private:
  Store& store_;
  DatabaseKeyMap<std::vector<Watch*>> by_key_;
  size_t clients_ = 0;
};

}  // namespace slotway::backend
