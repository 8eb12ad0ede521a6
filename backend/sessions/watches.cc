#include "backend/sessions/watches.h"

#include <algorithm>

#include "backend/store.h"

namespace slotway::backend {

namespace {

bool has_entry(const Database& database, const Key& key) { return database.keyspace().find(key); }

bool is_expired(const Database& database, const Key& key) {
  const Cell* const cell = database.keyspace().find(key);
  return cell && !database.is_live(cell->entry());
}

}  // namespace

void Watches::add(Client& client, const Key& key) {
  const uint32_t database = client.database;
  for (const auto& watch : client.watches) {
    if (watch->database == database && watch->key == key.bytes) return;
  }
  if (client.watches.empty()) ++clients_;
  client.watches.push_back(
      std::make_unique<Watch>(Watch{&client, database, std::string(key.bytes),
                                    is_expired(store_.engine.database(database), key)}));
  const DatabaseKeyView name{database, key.bytes};
  auto found = by_key_.find(name);
  if (found == by_key_.end()) found = by_key_.try_emplace(DatabaseKey(name)).first;
  found->second.push_back(client.watches.back().get());
  client.registered_bytes += registered_memory(key.bytes);
  store_.events.set_interest(KeyEvents::kWatches, true);
}

void Watches::remove_all(Client& client) {
  if (client.watches.empty()) return;
  for (const auto& watch : client.watches) {
    const auto found = by_key_.find(DatabaseKeyView{watch->database, watch->key});
    std::erase(found->second, watch.get());
    if (found->second.empty()) by_key_.erase(found);
    client.registered_bytes -= registered_memory(watch->key);
  }
  client.watches.clear();
  --clients_;
  store_.events.set_interest(KeyEvents::kWatches, !by_key_.empty());
}

bool Watches::has_expired(const Client& client) const {
  return std::ranges::any_of(client.watches, [&](const auto& watch) {
    return !watch->was_expired &&
           is_expired(store_.engine.database(watch->database), Key(watch->key));
  });
}

void Watches::touch(uint32_t database, const Key& key) {
  const auto found = by_key_.find(DatabaseKeyView{database, key.bytes});
  if (found == by_key_.end()) return;
  for (Watch* watch : found->second) {
    if (watch->was_expired && !has_entry(store_.engine.database(database), key)) {
      watch->was_expired = false;
    } else {
      watch->client->watch_broken = true;
    }
  }
}

void Watches::replace_all(uint32_t database, const Database* replacement) {
  const Database& old = store_.engine.database(database);
  for (auto& [name, watches] : by_key_) {
    if (name.database != database) continue;
    const Key key(name.key);
    const bool existed = has_entry(old, key);
    const bool will_exist = replacement && has_entry(*replacement, key);
    if (!existed && !will_exist) continue;
    const bool will_be_expired = will_exist && is_expired(*replacement, key);
    for (Watch* watch : watches) {
      if (watch->was_expired && (!will_exist || will_be_expired)) {
        watch->was_expired = will_exist;
      } else if (!watch->was_expired && !existed && will_be_expired) {
        watch->was_expired = true;
      } else {
        watch->client->watch_broken = true;
      }
    }
  }
}

}  // namespace slotway::backend
