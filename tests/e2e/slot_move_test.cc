// Slots that get another owner by a reload while clients write into them without pause.

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

constexpr int kWriters = 6;
constexpr int kDepth = 20;

// Appends 1, 2, 3, ... to lists in pipelines. Each reply is the length of the list: it grows by
// one, but for the one time when a new owner begins with an empty list.
class Writers {
 public:
  Writers(uint16_t port, const std::vector<std::string>& keys) : written_(keys.size()) {
    for (size_t i = 0; i < keys.size(); ++i) {
      writers_.push_back(std::async(std::launch::async, [this, port, key = keys[i], i] {
        return write(port, key, written_[i]);
      }));
    }
  }
  ~Writers() { stop_ = true; }

  // Whether each of them comes to have written that many more.
  bool go_on(int64_t writes) const {
    std::vector<int64_t> wanted(written_.begin(), written_.end());
    for (int64_t& count : wanted) count += writes;
    return eventually([&] {
      return std::equal(wanted.begin(), wanted.end(), written_.begin(),
                        [](int64_t want, int64_t have) { return have >= want; });
    });
  }
  // Ends them. The first thing that was wrong, or empty.
  std::string finish() {
    stop_ = true;
    std::string wrong;
    for (auto& writer : writers_) wrong += writer.get();
    return wrong;
  }

 private:
  std::string write(uint16_t port, const std::string& key, std::atomic<int64_t>& written) {
    RespClient client(port);
    int64_t number = 0;
    int64_t length = 0;
    int owners = 1;
    while (!stop_) {
      std::string bytes;
      for (int i = 0; i < kDepth; ++i) {
        bytes += encode_request({"RPUSH", key, std::to_string(++number)});
        bytes += encode_request({"GET", "other:" + std::to_string(number % 50)});
      }
      const auto replies = client.exchange(bytes, 2 * kDepth);
      for (size_t i = 0; i < replies.size(); i += 2) {
        if (replies[i] == ":1\r\n" && length > 0) {
          ++owners;
          length = 0;
        }
        if (replies[i] != ":" + std::to_string(++length) + "\r\n") {
          return key + ": " + replies[i] + "; ";
        }
        if (replies[i + 1] != "$-1\r\n") return key + ": GET " + replies[i + 1] + "; ";
      }
      written += kDepth;
    }
    return owners <= 2 ? "" : key + ": " + std::to_string(owners) + " owners; ";
  }

  std::atomic<bool> stop_{false};
  std::vector<std::atomic<int64_t>> written_;
  std::vector<std::future<std::string>> writers_;
};

std::vector<std::string> list_at(const RedisServer& server, const std::string& key) {
  return RespClient(server.port()).call({"LRANGE", key, "0", "-1"}).texts();
}

int64_t pushes_at(const RedisServer& server) {
  const std::string stats = RespClient(server.port()).call({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_rpush:calls=";
  const size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + name.size()));
}

// Keys of shard b: in the slots that move, and outside of them.
std::string key_in(wire::Slot first, wire::Slot last, int number) {
  for (int i = 0;; ++i) {
    std::string key = "list:" + std::to_string(number) + ":" + std::to_string(i);
    const wire::Slot slot = wire::slot_of_key(key);
    if (slot >= first && slot <= last) return key;
  }
}

}  // namespace

TEST_CASE(
    "a slot moves under pipelined writes: order kept, one reply each, none to the old owner") {
  Served<RedisShards> served;
  const RedisServer fourth;
  std::vector<std::string> keys;
  std::vector<bool> moves;
  for (int i = 0; i < kWriters; ++i) {
    moves.push_back(i % 3 != 2);
    keys.push_back(moves.back() ? key_in(8000, 10922, i) : key_in(0, 7999, i));
  }
  Writers writers(served.proxy.port(), keys);
  REQUIRE(writers.go_on(333));

  std::vector<ShardEntry> entries = served.shards.entries();
  entries[1].slots = "5461-7999";
  entries.push_back({"d", fourth.address(), "8000-10922"});
  REQUIRE(served.proxy.reload({.shards = entries}));
  // From here on nothing of these slots goes to the old owner.
  REQUIRE(writers.go_on(300));
  CHECK(pushes_at(fourth) > 0);
  REQUIRE(writers.finish() == "");

  const RedisServer& old_owner = served.shards.servers[1];
  int64_t old_pushes = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    CAPTURE(keys[i]);
    const auto old_part = list_at(served.shards.servers[moves[i] ? 1 : shard_of(keys[i])], keys[i]);
    const auto new_part = list_at(fourth, keys[i]);
    CHECK(!old_part.empty());
    CHECK(new_part.empty() == !moves[i]);
    // Together they are 1, 2, 3, ...: nothing lost, twice, or out of order.
    int64_t expected = 0;
    for (const auto* part : {&old_part, &new_part}) {
      for (const std::string& number : *part) REQUIRE(number == std::to_string(++expected));
    }
    if (moves[i] || shard_of(keys[i]) == 1) old_pushes += static_cast<int64_t>(old_part.size());
  }
  CHECK(pushes_at(old_owner) == old_pushes);
}

TEST_CASE("after the reload not one write reaches the old owner") {
  Served<RedisShards> served;
  std::vector<std::string> keys;
  for (int i = 0; i < kWriters; ++i) keys.push_back(key_in(0, 5460, i));
  Writers writers(served.proxy.port(), keys);
  REQUIRE(writers.go_on(166));
  // Shard a keeps a single slot, in which nobody writes.
  const wire::Slot unused = wire::slot_of_key("nobody writes here");
  std::vector<ShardEntry> entries = served.shards.entries();
  const std::string one = std::to_string(unused);
  entries[0].slots = one;
  entries[1].slots =
      "[0-" + std::to_string(unused - 1) + ", " + std::to_string(unused + 1) + "-10922]";
  if (unused > 10922) {
    entries[1].slots = "0-10922";
    entries[2].slots =
        "[10923-" + std::to_string(unused - 1) + ", " + std::to_string(unused + 1) + "-16383]";
  }
  REQUIRE(served.proxy.reload({.shards = entries}));
  const int64_t at_reload = pushes_at(served.shards.servers[0]);
  REQUIRE(writers.go_on(300));
  CHECK(pushes_at(served.shards.servers[0]) == at_reload);
  CHECK(writers.finish() == "");
}

TEST_CASE("slots without an owner say so, and are served when they get one") {
  RedisShards shards;
  std::vector<ShardEntry> entries = shards.entries();
  entries.pop_back();
  ProxyProcess proxy({.shards = entries, .pool = {"allow_gaps: true"}});
  RespClient client = proxy.client();
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "CLUSTERDOWN Hash slot not served");
  CHECK(client.call({"MGET", key_of_shard(0), key_of_shard(2)}).text ==
        "CLUSTERDOWN Hash slot not served");
  CHECK(client.call({"SET", key_of_shard(1), "x"}).text == "OK");
  REQUIRE(proxy.reload({.shards = shards.entries(), .pool = {"allow_gaps: true"}}));
  CHECK(client.call({"SET", key_of_shard(2), "x"}).text == "OK");
  CHECK(client.call({"DBSIZE"}).integer() == 2);
  REQUIRE(proxy.reload({.shards = entries, .pool = {"allow_gaps: true"}}));
  CHECK(client.call({"GET", key_of_shard(2)}).text == "CLUSTERDOWN Hash slot not served");
}

TEST_CASE("a move does not wait for ever for a shard that does not answer") {
  Served<RedisShards> served({"timeouts: { request: 500ms, stall: 1s }"});
  RespClient client = served.proxy.client();
  served.shards.servers[1].suspend();
  client.request({"SET", key_of_shard(1), "x"});
  REQUIRE(served.proxy.metric_reaches(1, "slotway_shard_in_flight_requests"));
  std::vector<ShardEntry> entries = served.shards.entries();
  entries.erase(entries.begin() + 1);
  entries[0].slots = "0-10922";
  REQUIRE(served.proxy.reload({.shards = entries}));
  CHECK(client.receive().is_error());
  CHECK(client.call({"SET", key_of_shard(1), "y"}).text == "OK");
  CHECK(client.call({"GET", key_of_shard(1)}).text == "y");
}

}  // namespace slotway::tests
