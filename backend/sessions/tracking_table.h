// TrackingTable: which client may have a copy of which key, for CLIENT TRACKING.
//
// A key that changes is forgotten when its clients have been told. Keys of all databases count as
// one, as in Redis. What a client's own command invalidates is sent after its reply; clients in
// broadcast mode are told at the end of each turn of the loop. Clients that go are found missing
// when a message is due. Owned by the Store; the server's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backend/sessions/client_tracking.h"
#include "backend/sessions/database_key.h"
#include "wire/command_table.h"
#include "wire/key_extraction.h"

namespace slotway::backend {

class Client;
struct Store;

class TrackingTable {
 public:
  explicit TrackingTable(Store& store) : store_(store) {}

  // Begins, or changes how; prefixes are added to those that are there. `wanted` without `prefixes`
  // in broadcast mode means all keys.
  void enable(Client& client, ClientTracking wanted);
  void disable(Client& client);

  // The client has read the keys of this command.
  void remember(const Client& client, const wire::Command& command, wire::Args args);
  // The key has changed, by client `by` (0: by none) as far as broadcasts go.
  void invalidate(std::string_view key, uint64_t by);
  void invalidate_all();
  // Forgets some keys if there are more than tracking-table-max-keys, and tells their clients.
  void keep_limit();
  // Tells the clients in broadcast mode.
  void broadcast();

  size_t clients() const { return clients_.size(); }
  size_t keys() const { return readers_.size(); }
  size_t items() const { return items_; }
  size_t prefixes() const { return prefixes_.size(); }
  // Of the keys that clients have read, about.
  size_t bytes() const { return key_bytes_ + items_ * sizeof(uint64_t); }

 private:
  struct Prefix {
    std::set<Client*> clients;
    std::map<std::string, uint64_t, std::less<>> changed;  // keys, and who changed them last
  };

  // Tells the clients that have read the key, and forgets it.
  void tell_readers(std::string_view key);
  void forget(TextMap<std::vector<uint64_t>>::iterator at);
  void update_interest();
  void send_changed(Client& client, const Prefix& prefix);
  // Sends an invalidation whose keys `write_keys` writes.
  template <typename WriteKeys>
  void send(Client& client, const WriteKeys& write_keys);

  Store& store_;
  TextMap<std::vector<uint64_t>> readers_;  // ids of clients, in ascending order
  size_t items_ = 0;                        // ids in it
  size_t key_bytes_ = 0;
  std::set<Client*> clients_;
  std::map<std::string, Prefix, std::less<>> prefixes_;
  bool has_broadcasts_ = false;  // a prefix has changed keys
  uint64_t times_over_limit_ = 0;
  std::vector<wire::KeyPosition> positions_;  // of remember()
};

}  // namespace slotway::backend
