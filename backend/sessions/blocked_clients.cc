#include "backend/sessions/blocked_clients.h"

#include <optional>
#include <utility>

#include "backend/store.h"

namespace slotway::backend {

namespace {

// The type of values that a command waits for.
std::optional<Type> awaited_type(const wire::Command& command) {
  switch (command.spec->group) {
    case wire::Group::kList:
      return Type::kList;
    case wire::Group::kSortedSet:
      return Type::kSortedSet;
    case wire::Group::kStream:
      return Type::kStream;
    default:
      return std::nullopt;
  }
}

}  // namespace

void BlockedClients::add(Client& client, std::unique_ptr<Wait> wait) {
  for (const std::string& key : wait->keys) {
    const DatabaseKeyView name{wait->database, key};
    auto found = by_key_.find(name);
    if (found == by_key_.end()) found = by_key_.try_emplace(DatabaseKey(name)).first;
    found->second.clients.emplace(wait->turn, &client);
  }
  if (wait->deadline_ms != 0) deadlines_.emplace(std::pair(wait->deadline_ms, wait->turn), &client);
  client.wait = std::move(wait);
  ++count_;
  store_.events.set_interest(KeyEvents::kWaits, true);
}

std::unique_ptr<Wait> BlockedClients::remove(Client& client) {
  std::unique_ptr<Wait> wait = std::move(client.wait);
  for (const std::string& key : wait->keys) {
    const auto found = by_key_.find(DatabaseKeyView{wait->database, key});
    found->second.clients.erase(wait->turn);
    if (found->second.clients.empty()) by_key_.erase(found);
  }
  if (wait->deadline_ms != 0) deadlines_.erase({wait->deadline_ms, wait->turn});
  --count_;
  store_.events.set_interest(KeyEvents::kWaits, !by_key_.empty());
  return wait;
}

void BlockedClients::note_ready(const DatabaseKey& name, Waiting& waiting) {
  if (waiting.is_ready) return;
  waiting.is_ready = true;
  ready_.push_back(name);
  store_.set_attention(Store::kReadyKeys, true);
}

void BlockedClients::note_changed(uint32_t database, const Key& key) {
  const auto found = by_key_.find(DatabaseKeyView{database, key.bytes});
  if (found != by_key_.end()) note_ready(found->first, found->second);
}

void BlockedClients::note_all_changed(uint32_t database) {
  for (auto& [name, waiting] : by_key_) {
    if (name.database == database) note_ready(name, waiting);
  }
}

void BlockedClients::serve() {
  // The command that made a key ready may have taken long: what expired meanwhile is not served.
  store_.engine.read_clock();
  while (!ready_.empty()) {
    const std::vector<DatabaseKey> ready = std::exchange(ready_, {});
    for (const DatabaseKey& name : ready) serve_key(name);
  }
  store_.set_attention(Store::kReadyKeys, false);
}

void BlockedClients::serve_key(const DatabaseKey& name) {
  const auto found = by_key_.find(name);
  if (found == by_key_.end()) return;
  found->second.is_ready = false;
  // Those who begin to wait from here on have seen what is there.
  const std::vector<std::pair<uint64_t, Client*>> clients(found->second.clients.begin(),
                                                          found->second.clients.end());
  Database& database = store_.engine.database(name.database);
  for (const auto& [turn, client] : clients) {
    const Cell* const cell = database.find(Key(name.key));
    if (!cell) return;
    // Somebody who was served may have ended another's wait; nobody goes within this.
    if (!client->wait || client->wait->turn != turn) continue;
    if (awaited_type(client->wait->command.command()) != cell->entry()->type()) continue;
    client->try_again(name.key);
  }
}

void BlockedClients::give_up(int64_t now_ms) {
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= now_ms) {
    deadlines_.begin()->second->end_wait(Client::WaitEnd::kTimeout);
  }
}

}  // namespace slotway::backend
