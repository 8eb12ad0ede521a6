// BlockedClients: the clients that wait for a key to get a value, in the order in which they came.
//
// A command of a client makes keys ready; when it, or the transaction that it is part of, is done,
// the waiting commands of those keys are run again. Owned by the Store; the server's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/engine/key.h"
#include "backend/sessions/database_key.h"
#include "backend/sessions/stored_command.h"

namespace slotway::backend {

class Client;
struct Store;

// What one client waits for.
struct Wait {
  StoredCommand command;
  uint32_t database;
  std::vector<std::string> keys;  // each once
  int64_t deadline_ms;            // of the loop's clock; 0: none
  uint64_t turn;                  // counts all waits: who came first
  bool is_silent;                 // the client wants no reply
  bool goes_on = false;           // the command that was run again has found nothing
};

class BlockedClients {
 public:
  explicit BlockedClients(Store& store) : store_(store) {}

  void add(Client& client, std::unique_ptr<Wait> wait);
  // Ends the wait of a client, whatever for. Requires that it waits.
  std::unique_ptr<Wait> remove(Client& client);

  // The key has changed: it may have what somebody waits for.
  void note_changed(uint32_t database, const Key& key);
  // All keys of the database may have changed.
  void note_all_changed(uint32_t database);
  // Runs the commands that wait for keys that are ready, and whatever gets ready by that.
  void serve();

  // The soonest deadline, or 0.
  int64_t next_deadline_ms() const {
    return deadlines_.empty() ? 0 : deadlines_.begin()->first.first;
  }
  // Answers the clients whose deadline has come.
  void give_up(int64_t now_ms);

  size_t size() const { return count_; }
  size_t with_deadline() const { return deadlines_.size(); }
  uint64_t next_turn() { return ++turns_; }

 private:
  struct Waiting {
    std::map<uint64_t, Client*> clients;  // by Wait::turn
    bool is_ready = false;                // is in ready_
  };

  void note_ready(const DatabaseKey& name, Waiting& waiting);
  void serve_key(const DatabaseKey& name);

  Store& store_;
  DatabaseKeyMap<Waiting> by_key_;
  std::vector<DatabaseKey> ready_;
  std::map<std::pair<int64_t, uint64_t>, Client*> deadlines_;  // by deadline and turn
  size_t count_ = 0;
  uint64_t turns_ = 0;
};

}  // namespace slotway::backend
