#include "backend/sessions/pub_sub.h"

#include <algorithm>
#include <initializer_list>

#include "backend/client.h"
#include "wire/glob.h"
#include "wire/reply_writer.h"

namespace slotway::backend {

namespace {

using Kind = PubSub::Kind;

size_t send(const PubSub::Clients& clients, std::initializer_list<std::string_view> words) {
  for (Client* client : clients) {
    client->push([&](wire::ReplyWriter& writer) {
      writer.push(words.size());
      for (const std::string_view word : words) writer.bulk(word);
    });
  }
  return clients.size();
}

}  // namespace

bool PubSub::subscribe(Client& client, Kind kind, std::string_view name) {
  if (!client.edit_subscriptions().names(kind).emplace(name).second) return false;
  Names& names = names_[static_cast<size_t>(kind)];
  auto found = names.find(name);
  if (found == names.end()) found = names.try_emplace(std::string(name)).first;
  found->second.push_back(&client);
  client.registered_bytes += registered_memory(name);
  return true;
}

bool PubSub::unsubscribe(Client& client, Kind kind, std::string_view name) {
  if (!client.subscriptions()) return false;
  auto& mine = client.edit_subscriptions().names(kind);
  const auto at = mine.find(name);
  if (at == mine.end()) return false;
  Names& names = names_[static_cast<size_t>(kind)];
  const auto found = names.find(name);
  // From the end: those who come and go are there.
  Clients& clients = found->second;
  clients.erase(std::ranges::find(clients.rbegin(), clients.rend(), &client).base() - 1);
  if (clients.empty()) names.erase(found);
  client.registered_bytes -= registered_memory(name);
  mine.erase(at);  // last: `name` may be it
  return true;
}

void PubSub::leave_all(Client& client) {
  if (!client.subscriptions()) return;
  for (const wire::ChannelWords& words : wire::kChannelKinds) {
    auto& mine = client.edit_subscriptions().names(words.kind);
    while (!mine.empty()) unsubscribe(client, words.kind, *mine.begin());
  }
}

size_t PubSub::publish(Kind kind, std::string_view channel, std::string_view message) {
  size_t receivers = 0;
  if (const auto found = names(kind).find(channel); found != names(kind).end()) {
    receivers += send(found->second, {wire::words_of(kind).message, channel, message});
  }
  if (kind == Kind::kShardChannel) return receivers;
  for (const auto& [pattern, clients] : names(Kind::kPattern)) {
    if (!wire::glob_match(pattern, channel)) continue;
    receivers += send(clients, {wire::words_of(Kind::kPattern).message, pattern, channel, message});
  }
  return receivers;
}

size_t PubSub::subscriber_count(Kind kind, std::string_view name) const {
  const auto found = names(kind).find(name);
  return found == names(kind).end() ? 0 : found->second.size();
}

}  // namespace slotway::backend
