#include "tests/e2e/simulated_shards.h"

#include <algorithm>
#include <utility>

#include "tests/support/resp_value.h"

namespace slotway::tests {

namespace {

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string array(size_t size) { return "*" + std::to_string(size) + "\r\n"; }

// It shows or changes something: when it is carried out matters to others.
bool is_event(const std::string& name) {
  return name == "PING" || name == "PTTL" || name == "GET" || name == "MGET" || name == "SET" ||
         name == "MSET" || name == "WATCH" || name == "EXEC" || name == "FLUSHALL";
}

}  // namespace

// ---- history

std::optional<size_t> KeyHistory::find(const std::optional<std::string>& value,
                                       size_t least) const {
  std::optional<size_t> found;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].value != value) continue;
    found = i;
    if (i >= least) break;
  }
  return found;
}

size_t KeyHistory::at(Clock::time_point time) const {
  size_t i = newest();
  while (i > 0 && entries_[i].since > time) --i;
  return i;
}

// ---- connections

SimulatedShards::SimulatedShards(size_t count) {
  for (size_t i = 0; i < count; ++i) listeners_.push_back(Socket::listen());
}

std::string SimulatedShards::address(size_t shard) const {
  return "127.0.0.1:" + std::to_string(listeners_[shard].local_port());
}

void SimulatedShards::poll() {
  for (size_t shard = 0; shard < listeners_.size(); ++shard) {
    for (;;) {
      Socket accepted = listeners_[shard].accept(milliseconds(0));
      if (accepted.fd() < 0) break;
      connections_.emplace(next_connection_++, Connection{shard, std::move(accepted)});
    }
  }
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto here = at++;
    Connection& connection = here->second;
    while (connection.socket.readable(milliseconds(0))) {
      if (connection.socket.receive(connection.input) == 0) {
        connections_.erase(here);
        break;
      }
      std::string_view unread = connection.input;
      while (const std::optional<RespValue> value = take_value(unread)) {
        connection.commands.push_back(value->texts());
      }
      connection.input.erase(0, connection.input.size() - unread.size());
    }
  }
}

std::vector<size_t> SimulatedShards::those(
    const std::function<bool(const Connection&)>& wanted) const {
  std::vector<size_t> found;
  for (const auto& [number, connection] : connections_) {
    if (wanted(connection)) found.push_back(number);
  }
  return found;
}

std::vector<size_t> SimulatedShards::with_commands() const {
  return those([](const Connection& each) { return !each.commands.empty(); });
}
std::vector<size_t> SimulatedShards::with_answers() const {
  return those([](const Connection& each) { return !each.answers.empty(); });
}
std::vector<size_t> SimulatedShards::connections() const {
  return those([](const Connection&) { return true; });
}
std::vector<size_t> SimulatedShards::tracking() const {
  return those([](const Connection& each) { return each.is_told; });
}

void SimulatedShards::deliver(size_t number, bool all) {
  Connection& connection = connections_.at(number);
  std::string bytes;
  do {
    bytes += connection.answers.front();
    connection.answers.pop_front();
  } while (all && !connection.answers.empty());
  try {
    connection.socket.send(bytes);
  } catch (const std::exception&) {
    connections_.erase(number);  // the other side has gone
  }
}

void SimulatedShards::cut(size_t connection) { connections_.erase(connection); }

void SimulatedShards::catch_up() {
  poll();
  for (const size_t each : with_commands()) {
    while (!connections_.at(each).commands.empty()) carry_out(each);
  }
  for (const size_t each : with_answers()) deliver(each, /*all=*/true);
}

// ---- commands

std::string SimulatedShards::carry_out(size_t number) {
  Connection& connection = connections_.at(number);
  std::string words;
  bool is_done = false;
  while (!is_done && !connection.commands.empty()) {
    const Command command = std::move(connection.commands.front());
    connection.commands.pop_front();
    is_done = is_event(command[0]) && (!connection.in_multi || command[0] == "EXEC");
    for (const std::string& word : command) words += " " + word;
    // What changes is told in front of the answer to what has changed it.
    std::string reply = answer(connection, number, command);
    connection.answers.push_back(std::move(reply));
  }
  return words;
}

void SimulatedShards::write(const std::string& key, std::optional<std::string> value) {
  keys_[key].add(std::move(value));
  for (const size_t number : std::exchange(told_of_[key], {})) {
    const auto at = connections_.find(number);
    if (at == connections_.end()) continue;
    at->second.answers.push_back(">2\r\n$10\r\ninvalidate\r\n*1\r\n" + bulk(key));
  }
}

void SimulatedShards::track(Connection& connection, size_t number, const std::string& key) {
  if (connection.is_told && std::exchange(connection.is_caching, false)) {
    told_of_[key].insert(number);
  }
}

std::string SimulatedShards::read(Connection& connection, size_t number, const std::string& key) {
  ++reads_;
  shard_of_key_[key] = connection.shard;
  track(connection, number, key);
  const std::optional<std::string>& value = keys_[key].value();
  if (value) return bulk(*value);
  return connection.version == 3 ? "_\r\n" : "$-1\r\n";
}

std::string SimulatedShards::answer(Connection& connection, size_t number, const Command& command) {
  const std::string& name = command[0];
  if (name == "EXEC") return exec(connection, number);
  if (connection.in_multi) {
    connection.queued.push_back(command);
    return "+QUEUED\r\n";
  }
  if (name == "PING") return "+PONG\r\n";
  if (name == "HELLO") {
    connection.version = 3;
    return "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n";
  }
  if (name == "CLIENT") {
    if (command[1] == "TRACKING") connection.is_told = true;
    if (command[1] == "CACHING") connection.is_caching = true;
    return command[1] == "ID" ? ":" + std::to_string(number + 1) + "\r\n" : "+OK\r\n";
  }
  if (name == "MULTI") {
    connection.in_multi = true;
    return "+OK\r\n";
  }
  if (name == "DISCARD") return "-ERR DISCARD without MULTI\r\n";
  if (name == "PTTL") track(connection, number, command[1]);
  if (name == "PTTL") return keys_[command[1]].value() ? ":-1\r\n" : ":-2\r\n";
  if (name == "GET") return read(connection, number, command[1]);
  if (name == "MGET") {
    std::string reply = array(command.size() - 1);
    for (size_t i = 1; i < command.size(); ++i) reply += read(connection, number, command[i]);
    return reply;
  }
  if (name == "SET" || name == "MSET") {
    for (size_t i = 1; i + 1 < command.size(); i += 2) {
      shard_of_key_[command[i]] = connection.shard;
      write(command[i], command[i + 1]);
    }
  }
  if (name == "WATCH") connection.watched.emplace(command[1], keys_[command[1]].newest());
  if (name == "UNWATCH") connection.watched.clear();
  if (name == "FLUSHALL") {
    for (const auto& [key, shard] : shard_of_key_) {
      if (shard != connection.shard) continue;
      if (keys_[key].value()) keys_[key].add(std::nullopt);
      told_of_[key].clear();
    }
    for (auto& [other, told] : connections_) {
      if (told.is_told && told.shard == connection.shard) {
        told.answers.push_back(">2\r\n$10\r\ninvalidate\r\n_\r\n");
      }
    }
  }
  return "+OK\r\n";
}

std::string SimulatedShards::exec(Connection& connection, size_t number) {
  connection.in_multi = false;
  const std::vector<Command> queued = std::exchange(connection.queued, {});
  for (const auto& [key, then] : std::exchange(connection.watched, {})) {
    if (keys_[key].newest() == then) continue;
    for (const Command& each : queued) {
      if (each[0] == "SET") aborted_[each[2]] = then;
    }
    return connection.version == 3 ? "_\r\n" : "*-1\r\n";
  }
  std::string reply = array(queued.size());
  for (const Command& each : queued) reply += answer(connection, number, each);
  return reply;
}

std::optional<size_t> SimulatedShards::watched_by(const std::string& value) const {
  const auto at = aborted_.find(value);
  return at == aborted_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace slotway::tests
