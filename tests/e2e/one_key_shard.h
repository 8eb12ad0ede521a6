// A shard of one key that says nothing of changes but what a test has it say, and answers when
// told; and a proxy that has the key cached.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "tests/e2e/hot_keys.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

class OneKeyShard {
 public:
  std::string value() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  // A write of somebody who asks the shard itself.
  void write(const std::string& value) {
    {
      const std::scoped_lock lock(mutex_);
      value_ = value;
      ++writes_;
    }
    changed_.notify_all();
  }
  // What it says of the key from now on, behind the next PING.
  void tell(const std::string& push) {
    const std::scoped_lock lock(mutex_);
    push_ = push;
    pongs_since_told_ = 0;
  }
  // The same at the gate at which a fetch waits.
  void tell_at_gate(const std::string& push) {
    const std::scoped_lock lock(mutex_);
    push_at_gate_ = push;
  }
  // How many PINGs of the connection that fetches are answered from now on.
  void answer_pings(int count) {
    {
      const std::scoped_lock lock(mutex_);
      pongs_ = count;
    }
    changed_.notify_all();
  }
  bool has_answered_pings() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return pongs_ == 0 && ping_waits_; });
  }
  // Whether what it has to tell came before the last but one of the PINGs.
  bool has_told() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return pongs_since_told_ > 1; });
  }
  void abort_transactions() { aborts_ = true; }
  // How many GETs and SETs that are no fetches are carried out from now on.
  void carry_out(int count) {
    {
      const std::scoped_lock lock(mutex_);
      carried_out_ = count;
    }
    changed_.notify_all();
  }
  // What fetches get instead of the value, while it is not empty.
  void answer_fetches(const std::string& reply) {
    const std::scoped_lock lock(mutex_);
    fetched_ = reply;
  }
  // How long the key lasts, as it says from now on.
  void set_ttl(milliseconds ttl) {
    const std::scoped_lock lock(mutex_);
    ttl_ms_ = ttl.count();
  }
  // The connection that fetches gets no more answers but its end.
  void cut_fetch_line() {
    {
      const std::scoped_lock lock(mutex_);
      ++cuts_;
    }
    changed_.notify_all();
  }
  void refuse(const std::string& subcommand) { refused_ = subcommand; }

  bool holds_one() const {
    const std::scoped_lock lock(mutex_);
    return holds_one_;
  }

  // Fetches wait at their PTTL, behind it, or with their replies until open() is called. The second
  // go on when somebody writes, or for long nobody does either.
  enum class Gate : uint8_t { kOpen, kBeforePttl, kBeforeRead, kBeforeReply };
  void shut(Gate gate) {
    const std::scoped_lock lock(mutex_);
    gate_ = gate;
    writes_ = at_gate_ = 0;
  }
  void open() {
    {
      const std::scoped_lock lock(mutex_);
      gate_ = Gate::kOpen;
    }
    changed_.notify_all();
  }
  bool has_fetch_at_gate() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return at_gate_ > 0; });
  }
  int fetches() const {
    const std::scoped_lock lock(mutex_);
    return fetches_;
  }
  // How many connections have come to fetch after the last was cut.
  int new_fetch_lines() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<int>(std::ranges::count_if(
        is_fetch_line_, [&](const auto& each) { return each.second == cuts_; }));
  }
  std::string address() const { return backend_.address(); }

 private:
  static std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }

  void serve(FakeConnection& connection) {
    connection.answer_pings = false;
    bool in_multi = false;
    while (const auto command = connection.receive()) {
      const std::string& name = (*command)[0];
      if (is_cut(connection)) return;
      if (name == "PING") {
        connection.send(answer_to_ping(connection));
      } else if (name == "HELLO") {
        connection.send("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n");
      } else if (name == "CLIENT" && (*command)[1] == refused_) {
        connection.send("-NOPERM no\r\n");
      } else if (name == "CLIENT") {
        if ((*command)[1] == "TRACKING") note_fetch_line(connection);
        connection.send("+OK\r\n");
      } else if (name == "EXEC") {
        in_multi = false;
        connection.send(aborts_ ? "*-1\r\n" : "*1\r\n" + bulk(value()));
      } else if (name == "DISCARD") {
        connection.send("-ERR DISCARD without MULTI\r\n");
      } else if (name == "MULTI") {
        in_multi = true;
        connection.send("+OK\r\n");
      } else if (in_multi) {
        connection.send("+QUEUED\r\n");
      } else if (name == "PTTL") {
        note_fetch_line(connection);
        connection.send(answer_to_pttl());
      } else if (name == "GET" && is_fetch_line(connection)) {
        connection.send(answer_to_fetch());
      } else if (name == "GET") {
        await_turn();
        connection.send(bulk(value()));
      } else if (name == "MGET") {
        std::string reply = "*" + std::to_string(command->size() - 1) + "\r\n";
        for (size_t i = 1; i < command->size(); ++i) reply += bulk(value());
        connection.send(reply);
      } else if (name == "SET" || name == "MSET" || name == "DEL" || name == "FLUSHALL" ||
                 name.starts_with("EVAL")) {
        await_turn();
        write(name == "SET" ? (*command)[2] : "new");
        connection.send("+OK\r\n");
      } else {
        connection.send("+OK\r\n");
      }
    }
  }

  void await_turn() {
    std::unique_lock lock(mutex_);
    holds_one_ = carried_out_ == 0;
    changed_.wait_for(lock, kLong, [&] { return carried_out_ > 0; });
    --carried_out_;
  }

  void note_fetch_line(const FakeConnection& connection) {
    const std::scoped_lock lock(mutex_);
    is_fetch_line_.try_emplace(connection.number(), cuts_);
  }
  bool is_fetch_line(const FakeConnection& connection) {
    const std::scoped_lock lock(mutex_);
    return is_fetch_line_.contains(connection.number());
  }
  bool is_cut(const FakeConnection& connection) {
    const std::scoped_lock lock(mutex_);
    const auto line = is_fetch_line_.find(connection.number());
    return line != is_fetch_line_.end() && line->second < cuts_;
  }

  std::string answer_to_ping(FakeConnection& connection) {
    std::unique_lock lock(mutex_);
    if (!is_fetch_line_.contains(connection.number())) return "+PONG\r\n";
    if (pongs_ == 0) {
      ping_waits_ = true;
      changed_.notify_all();
      changed_.wait_for(lock, kLong, [&] { return pongs_ != 0; });
      ping_waits_ = false;
    }
    --pongs_;
    if (push_.empty()) ++pongs_since_told_;
    changed_.notify_all();
    return std::exchange(push_, {}) + "+PONG\r\n";
  }

  std::string answer_to_pttl() {
    std::unique_lock lock(mutex_);
    if (gate_ == Gate::kBeforePttl) {
      ++at_gate_;
      changed_.notify_all();
      changed_.wait_for(lock, kLong, [&] { return gate_ == Gate::kOpen; });
      return std::exchange(push_at_gate_, {}) + ":" + std::to_string(ttl_ms_) + "\r\n";
    }
    return ":" + std::to_string(ttl_ms_) + "\r\n";
  }

  std::string answer_to_fetch() {
    constexpr milliseconds kEnough = patience(milliseconds(300));
    std::unique_lock lock(mutex_);
    ++fetches_;
    ++at_gate_;
    changed_.notify_all();
    std::string told;
    if (gate_ == Gate::kBeforeRead) {
      changed_.wait_for(lock, kEnough, [&] { return writes_ > 0 || gate_ == Gate::kOpen; });
      told = std::exchange(push_at_gate_, {});
    }
    const std::string seen = fetched_.empty() ? bulk(value_) : fetched_;
    changed_.wait_for(lock, kLong, [&] { return gate_ != Gate::kBeforeReply; });
    return told + seen;
  }

  mutable std::mutex mutex_;  // guards what follows up to changed_
  std::string value_ = "old";
  std::string push_;
  std::string push_at_gate_;
  std::string fetched_;
  int64_t ttl_ms_ = -1;
  std::map<size_t, int> is_fetch_line_;  // by its number; the cuts that were before it
  int cuts_ = 0;
  static constexpr int kMany = 1 << 30;
  int pongs_ = kMany;
  int pongs_since_told_ = 0;
  bool ping_waits_ = false;
  Gate gate_ = Gate::kOpen;
  int writes_ = 0;
  int at_gate_ = 0;
  int fetches_ = 0;
  int carried_out_ = kMany;
  bool holds_one_ = false;
  std::condition_variable changed_;
  std::string refused_;
  std::atomic<bool> aborts_{false};
  FakeBackend backend_{[this](FakeConnection& connection) { serve(connection); }};
};

// Whether the session comes to be served the present value without a further fetch.
inline bool is_cached(RespClient& client, const OneKeyShard& shard) {
  return eventually([&] {
    client.call({"GET", "k"});
    const int before = shard.fetches();
    client.call({"GET", "k"});
    return before > 0 && shard.fetches() == before;
  });
}

inline const std::string kGet = encode_request({"GET", "k"});

// The shard, and a proxy that has its key cached.
struct Scene {
  explicit Scene(const std::string& staleness = "10s", const std::string& request = "2s",
                 const std::string& mode = "mode: tracked")
      : proxy({.shards = {{"a", shard.address()}},
               .pool = {pool_of(staleness, mode), "timeouts: { request: " + request + " }"},
               .workers = 2}),
        s1(proxy.client()),
        s2(proxy.client()) {
    cache();
  }
  static std::string pool_of(const std::string& staleness,
                             const std::string& mode = "mode: tracked") {
    return "hot_keys: { detect: true, cache: { " + mode + ", staleness: " + staleness +
           " }, rules: [ { match: \"*\", cache: always } ] }";
  }
  void cache() {
    REQUIRE(is_cached(s1, shard));
    REQUIRE(is_cached(s2, shard));
  }
  // s1 has written, so that nothing is cached, and waits for a fetch, which is held at `gate`.
  void await_fetch(OneKeyShard::Gate gate, const std::string& asks = kGet) {
    CHECK(s1.call({"SET", "k", "old"}).text == "OK");
    shard.shut(gate);
    s1.send(asks);
    REQUIRE(shard.has_fetch_at_gate());
  }
  std::string get(RespClient& client) { return client.call({"GET", "k"}).text; }

  OneKeyShard shard;
  ProxyProcess proxy;
  RespClient s1;
  RespClient s2;
};

}  // namespace slotway::tests
