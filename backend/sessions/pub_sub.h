// PubSub: who has subscribed to what, and the way of a message to them. Owned by the Store; the
// server's thread.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backend/sessions/database_key.h"
#include "wire/subscriptions.h"

namespace slotway::backend {

class Client;

class PubSub {
 public:
  using Kind = wire::ChannelKind;
  using Clients = std::vector<Client*>;
  using Names = TextMap<Clients>;

  // False if nothing changes.
  bool subscribe(Client& client, Kind kind, std::string_view name);
  bool unsubscribe(Client& client, Kind kind, std::string_view name);
  void leave_all(Client& client);

  // Sends a message to the subscribers of the channel, kChannel or kShardChannel, and of the
  // patterns that suit a kChannel. Returns how many it was sent to.
  size_t publish(Kind kind, std::string_view channel, std::string_view message);

  // Everything that at least one client has subscribed to, with those clients.
  const Names& names(Kind kind) const { return names_[static_cast<size_t>(kind)]; }
  size_t subscriber_count(Kind kind, std::string_view name) const;

 private:
  std::array<Names, wire::kChannelKinds.size()> names_;
};

}  // namespace slotway::backend
