#include "backend/sessions/tracking_table.h"

#include <algorithm>

#include "backend/store.h"

namespace slotway::backend {

// ---- who is told

void TrackingTable::enable(Client& client, ClientTracking wanted) {
  if (!client.tracking) {
    clients_.insert(&client);
    client.tracking = std::make_unique<ClientTracking>();
  }
  ClientTracking& mine = *client.tracking;
  const bool all = wanted.broadcast && wanted.prefixes.empty();
  if (all) wanted.prefixes.emplace();
  for (const std::string& prefix : wanted.prefixes) {
    if (!prefixes_[prefix].clients.insert(&client).second) continue;
    client.registered_bytes += registered_memory(prefix);
  }
  wanted.prefixes.merge(mine.prefixes);
  wanted.caching = mine.caching;
  mine = std::move(wanted);
  client.update_modes();
  update_interest();
}

void TrackingTable::disable(Client& client) {
  if (!client.tracking) return;
  for (const std::string& prefix : client.tracking->prefixes) {
    const auto at = prefixes_.find(prefix);
    at->second.clients.erase(&client);
    if (at->second.clients.empty()) prefixes_.erase(at);
    client.registered_bytes -= registered_memory(prefix);
  }
  client.tracking.reset();
  clients_.erase(&client);
  client.update_modes();
  update_interest();
}

void TrackingTable::update_interest() {
  store_.events.set_interest(KeyEvents::kTracking, !readers_.empty() || !prefixes_.empty());
}

// ---- what they have read

void TrackingTable::remember(const Client& client, const wire::Command& command, wire::Args args) {
  const ClientTracking& tracking = *client.tracking;
  if (tracking.broadcast) return;
  if (tracking.opt_in ? !tracking.caching : tracking.opt_out && tracking.caching) return;
  if (command.spec->flags & wire::kPubSubFlag) return;
  if (wire::extract_keys(*command.spec, args, positions_) != wire::KeyExtraction::kOk) return;
  for (const wire::KeyPosition& position : positions_) {
    const std::string_view key = args[position.index];
    auto found = readers_.find(key);
    if (found == readers_.end()) {
      found = readers_.try_emplace(std::string(key)).first;
      key_bytes_ += registered_memory(key);
    }
    std::vector<uint64_t>& ids = found->second;
    const auto at = std::ranges::lower_bound(ids, client.id());
    if (at != ids.end() && *at == client.id()) continue;
    ids.insert(at, client.id());
    ++items_;
  }
  update_interest();
  keep_limit();
}

void TrackingTable::forget(TextMap<std::vector<uint64_t>>::iterator at) {
  items_ -= at->second.size();
  key_bytes_ -= registered_memory(at->first);
  readers_.erase(at);
}

void TrackingTable::keep_limit() {
  const uint64_t limit = store_.settings.tracking_table_max_keys;
  if (limit == 0 || readers_.size() <= limit) {
    times_over_limit_ = 0;
    return;
  }
  constexpr uint64_t kAtOnce = 100;
  for (uint64_t i = kAtOnce * ++times_over_limit_; i > 0 && readers_.size() > limit; --i) {
    size_t bucket = store_.engine.random() % readers_.bucket_count();
    while (readers_.bucket_size(bucket) == 0) bucket = (bucket + 1) % readers_.bucket_count();
    const std::string key = readers_.begin(bucket)->first;
    tell_readers(key);
  }
  update_interest();
}

// ---- messages

template <typename WriteKeys>
void TrackingTable::send(Client& client, const WriteKeys& write_keys) {
  ClientTracking& tracking = *client.tracking;
  Client* receiver = &client;
  if (tracking.redirect != 0) {
    receiver = store_.clients.find_open(tracking.redirect);
    if (!receiver) {
      tracking.redirect_is_broken = true;
      if (client.protocol < 3) return;
      return client.push_after_reply([&](wire::ReplyWriter& writer) {
        writer.push(2);
        writer.bulk("tracking-redir-broken");
        writer.integer(static_cast<int64_t>(tracking.redirect));
      });
    }
  }
  if (receiver->protocol >= 3) {
    receiver->push_after_reply([&](wire::ReplyWriter& writer) {
      writer.push(2);
      writer.bulk("invalidate");
      write_keys(writer);
    });
  } else if (tracking.redirect != 0 && receiver->is_subscribed()) {
    receiver->push_after_reply([&](wire::ReplyWriter& writer) {
      writer.array(3);
      writer.bulk("message");
      writer.bulk("__redis__:invalidate");
      write_keys(writer);
    });
  }
}

void TrackingTable::tell_readers(std::string_view key) {
  const auto found = readers_.find(key);
  if (found == readers_.end()) return;
  for (const uint64_t id : found->second) {
    Client* const client = store_.clients.find_open(id);
    if (!client || !client->tracking || client->tracking->broadcast) continue;
    if (client->tracking->no_loop && client == store_.running) continue;
    send(*client, [&](wire::ReplyWriter& writer) {
      writer.array(1);
      writer.bulk(key);
    });
  }
  forget(found);
}

void TrackingTable::invalidate(std::string_view key, uint64_t by) {
  for (auto& [prefix, state] : prefixes_) {
    if (!key.starts_with(prefix)) continue;
    state.changed.insert_or_assign(std::string(key), by);
    has_broadcasts_ = true;
  }
  tell_readers(key);
  update_interest();
}

void TrackingTable::invalidate_all() {
  for (Client* client : clients_) {
    send(*client, [](wire::ReplyWriter& writer) { writer.null(); });
  }
  readers_.clear();
  items_ = 0;
  key_bytes_ = 0;
  update_interest();
}

void TrackingTable::send_changed(Client& client, const Prefix& prefix) {
  const bool skips_own = client.tracking->no_loop;
  const auto is_told = [&](uint64_t by) { return !skips_own || by != client.id(); };
  const auto count = static_cast<size_t>(std::ranges::count_if(
      prefix.changed, [&](const auto& change) { return is_told(change.second); }));
  if (count == 0) return;
  send(client, [&](wire::ReplyWriter& writer) {
    writer.array(count);
    for (const auto& [key, by] : prefix.changed) {
      if (is_told(by)) writer.bulk(key);
    }
  });
}

void TrackingTable::broadcast() {
  if (!has_broadcasts_) return;
  has_broadcasts_ = false;
  for (auto& [name, prefix] : prefixes_) {
    if (prefix.changed.empty()) continue;
    for (Client* client : prefix.clients) send_changed(*client, prefix);
    prefix.changed.clear();
  }
}

}  // namespace slotway::backend
