// SimulatedShards: shards of which a test decides, step by step, what happens next: each connection
// is a queue of commands that have come and a queue of answers that have not left, and nothing
// moves in either but by carry_out() and deliver().
//
// They know strings, WATCH and MULTI, and CLIENT TRACKING as Redis does it (OPTIN): of a key that
// was read after CLIENT CACHING YES the connection is told once that it has changed, behind all
// that it was answered before. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/resp_client.h"
#include "tests/support/socket.h"

namespace slotway::tests {

// The values of one key, in the order in which it had them. The first is none; a value is written
// once, but that there is none may come again.
class KeyHistory {
 public:
  struct Entry {
    std::optional<std::string> value;
    Clock::time_point since;
  };

  void add(std::optional<std::string> value) {
    entries_.push_back({std::move(value), Clock::now()});
  }
  size_t newest() const { return entries_.size() - 1; }
  const std::optional<std::string>& value_at(size_t number) const { return entries_[number].value; }
  const std::optional<std::string>& value() const { return value_at(newest()); }
  // The number of the value, not below `least` if there is such a one; nothing if it never had it.
  std::optional<size_t> find(const std::optional<std::string>& value, size_t least) const;
  // The number of the value that it had at that time.
  size_t at(Clock::time_point time) const;

 private:
  std::vector<Entry> entries_{{std::nullopt, {}}};
};

class SimulatedShards {
 public:
  // Listens on as many ports.
  explicit SimulatedShards(size_t count);
  SimulatedShards(const SimulatedShards&) = delete;
  SimulatedShards& operator=(const SimulatedShards&) = delete;

  std::string address(size_t shard) const;

  // Takes in what has come, without waiting.
  void poll();
  // The connections, by number, with commands that wait; with answers that wait; all; all by which
  // somebody is told of changes.
  std::vector<size_t> with_commands() const;
  std::vector<size_t> with_answers() const;
  std::vector<size_t> connections() const;
  std::vector<size_t> tracking() const;

  // The next command that has to do with keys, or is a PING, and all in front of it. In words.
  std::string carry_out(size_t connection);
  // One answer, or all that wait.
  void deliver(size_t connection, bool all);
  void cut(size_t connection);
  // A write of somebody who asks the shard itself.
  void write(const std::string& key, std::optional<std::string> value);
  // Does all that waits.
  void catch_up();

  const KeyHistory& history(const std::string& key) { return keys_[key]; }
  // For the transaction that would have written `value` and was aborted: the number of the value
  // that its watched key had when WATCH was carried out.
  std::optional<size_t> watched_by(const std::string& value) const;
  // How many commands have asked for keys so far.
  size_t reads() const { return reads_; }

 private:
  struct Connection {
    size_t shard;
    Socket socket;
    int version = 2;
    bool is_told = false;
    bool is_caching = false;  // the next command
    bool in_multi = false;
    std::string input = {};
    std::deque<Command> commands = {};
    std::deque<std::string> answers = {};
    std::vector<Command> queued = {};
    std::map<std::string, size_t> watched = {};  // the number of the value that it had
  };

  std::vector<size_t> those(const std::function<bool(const Connection&)>& wanted) const;
  std::string answer(Connection& connection, size_t number, const Command& command);
  std::string exec(Connection& connection, size_t number);
  void track(Connection& connection, size_t number, const std::string& key);
  std::string read(Connection& connection, size_t number, const std::string& key);

  std::vector<Socket> listeners_;
  std::map<size_t, Connection> connections_;
  size_t next_connection_ = 0;
  std::map<std::string, KeyHistory> keys_;
  std::map<std::string, size_t> shard_of_key_;
  std::map<std::string, std::set<size_t>> told_of_;  // connections, by key
  std::map<std::string, size_t> aborted_;
  size_t reads_ = 0;
};

}  // namespace slotway::tests
