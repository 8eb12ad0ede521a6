// Sessions of two proxies and a writer at the shards, all on the same few keys, whose values only
// ever grow: nobody may read what is older than what was known when he asked.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <future>
#include <mutex>
#include <random>

#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

constexpr size_t kKeys = 6;
constexpr size_t kReaders = 6;  // of each proxy
constexpr milliseconds kBound{100};
// Between an answer of the shard to the direct writer and the note of it.
constexpr milliseconds kSlack = patience(milliseconds(30));

// Values only grow: flushes all keys and writes each of them anew.
const std::string kFlush =
    "local kept = {} "
    "for _, key in ipairs(redis.call('keys', '*')) do kept[key] = redis.call('get', key) end "
    "redis.call('flushall') "
    "for key, value in pairs(kept) do redis.call('set', key, value + 1) end";

milliseconds length() {
  const char* const text = std::getenv("SLOTWAY_HOT_KEYS_SECONDS");
  return milliseconds(1000 * (text ? std::atoi(text) : 10));
}

// What is known of one key. A value is known to a proxy when one of its clients has it in a reply;
// to everybody `kBound` after some client, of whatever server, has had it.
class Known {
 public:
  int64_t floor(size_t proxy) {
    const std::scoped_lock lock(mutex_);
    const auto now = Clock::now();
    while (!recent_.empty() && recent_.front().first + kBound + kSlack < now) {
      of_all_ = std::max(of_all_, recent_.front().second);
      recent_.pop_front();
    }
    return std::max(of_all_, of_proxy_.at(proxy));
  }
  // `proxy` may be none of them.
  void note(size_t proxy, int64_t value) {
    const std::scoped_lock lock(mutex_);
    if (proxy < of_proxy_.size()) of_proxy_[proxy] = std::max(of_proxy_[proxy], value);
    if (value <= newest_) return;
    newest_ = value;
    recent_.emplace_back(Clock::now(), value);
  }

 private:
  std::mutex mutex_;
  std::array<int64_t, 2> of_proxy_{};
  int64_t of_all_ = 0;
  int64_t newest_ = 0;
  std::deque<std::pair<Clock::time_point, int64_t>> recent_;
};

struct Figures {
  std::atomic<uint64_t> reads{0};
  std::atomic<uint64_t> writes{0};
  std::atomic<uint64_t> errors{0};
  std::atomic<uint64_t> violations{0};
  std::mutex mutex;
  std::string first_violation;  // guarded by mutex
};

class Run {
 public:
  explicit Run(const std::vector<ShardEntry>& shards) {
    for (auto& proxy : proxies_) {
      proxy = std::make_unique<ProxyProcess>(ProxyOptions{
          .shards = shards, .pool = {kCacheAll, "timeouts: { request: 1s, connect: 500ms }"}});
    }
    for (size_t key = 0; key < kKeys; ++key) {
      // A cached one of each shard more often than the others.
      names_.push_back(key_of_shard(key % kShards, key));
    }
  }

  void start(const std::vector<uint16_t>& servers) {
    for (size_t proxy = 0; proxy < proxies_.size(); ++proxy) {
      for (size_t reader = 0; reader < kReaders; ++reader) {
        threads_.push_back(std::async(std::launch::async, [this, proxy, reader] {
          again([this, proxy, reader] { work(proxy, reader); });
        }));
      }
    }
    threads_.push_back(std::async(std::launch::async, [this, servers] {
      again([this, servers] { write_directly(servers); });
    }));
  }
  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.get();
  }
  const ProxyProcess& proxy(size_t i) const { return *proxies_[i]; }

  Figures figures;

 private:
  template <typename Work>
  void again(Work work) {
    while (!stop_) {
      try {
        work();
      } catch (const std::exception&) {
        figures.errors++;  // a connection that was cut
        std::this_thread::sleep_for(milliseconds(20));
      }
    }
  }

  void work(size_t proxy, size_t number) {
    RespClient client(proxies_[proxy]->port(), number % 2 == 0 ? 2 : 3);
    client.set_limit(patience(milliseconds(5000)));
    std::minstd_rand random(static_cast<unsigned>(std::random_device{}()));
    while (!stop_) {
      const size_t key = random() % kKeys;
      const unsigned dice = random() % 1000;
      const std::string& name = names_[key];
      const Command get = {"GET", name};
      if (dice < 5) {
        step(client, proxy, {{key, {"INCR", name}}});
      } else if (dice < 8) {  // behind and in front of its own reads
        step(client, proxy, {{key, get}, {key, get}, {key, {"INCR", name}}, {key, get}});
      } else if (dice < 20) {
        step(client, proxy, {{key, {"GETRANGE", name, "0", "-1"}}, {key, get}});
      } else if (dice < 25) {
        step(client, proxy, {{key, {"MGET", name}}});
      } else {
        std::vector<std::pair<size_t, Command>> pipeline;
        for (unsigned i = 0; i <= random() % 8; ++i) pipeline.emplace_back(key, get);
        step(client, proxy, pipeline);
      }
    }
  }

  void step(RespClient& client, size_t proxy,
            const std::vector<std::pair<size_t, Command>>& pipeline) {
    std::string bytes;
    for (const auto& [key, command] : pipeline) bytes += encode_request(command);
    int64_t floor = known_[pipeline.front().first].floor(proxy);
    client.send(bytes);
    for (const auto& [key, command] : pipeline) {
      RespValue reply = client.receive();
      if (reply.type == '*' && reply.items.size() == 1) reply = RespValue(reply.items.front());
      if (reply.is_error()) {
        figures.errors++;
        continue;
      }
      const bool is_write = command[0] == "INCR";
      const int64_t value = is_write ? reply.integer() : reply.null ? 0 : std::stoll(reply.text);
      (is_write ? figures.writes : figures.reads)++;
      // In the order of the session, too; its own write comes behind all that it has seen.
      if (value < floor || (is_write && value == floor)) violated(proxy, command, value, floor);
      floor = std::max(floor, value);
      known_[key].note(proxy, value);
    }
  }

  void violated(size_t proxy, const Command& command, int64_t value, int64_t floor) {
    if (figures.violations++ > 0) return;
    const std::scoped_lock lock(figures.mutex);
    figures.first_violation = "proxy " + std::to_string(proxy) + ": " + command[0] + " " +
                              command[1] + " gave " + std::to_string(value) + ", known was " +
                              std::to_string(floor);
  }

  void write_directly(const std::vector<uint16_t>& servers) {
    std::vector<RespClient> clients;
    for (const uint16_t port : servers) {
      clients.emplace_back(port);
      clients.back().set_limit(patience(milliseconds(5000)));
    }
    std::minstd_rand random(std::random_device{}());
    while (!stop_) {
      const size_t key = random() % kKeys;
      const RespValue reply = clients[key % kShards].call({"INCR", names_[key]});
      if (!reply.is_error()) {
        known_[key].note(2, reply.integer());
        figures.writes++;
      }
      std::this_thread::sleep_for(milliseconds(random() % 60));
    }
  }

  std::array<std::unique_ptr<ProxyProcess>, 2> proxies_;
  std::vector<std::string> names_;
  std::array<Known, kKeys> known_;
  std::atomic<bool> stop_{false};
  std::vector<std::future<void>> threads_;
};

}  // namespace

TEST_CASE("hot keys: nobody reads what is older than what was known, whatever happens") {
  // What was answered survives a kill.
  std::array<RedisServer, kShards> servers{
      RedisServer({"--appendonly", "yes", "--appendfsync", "always"}),
      RedisServer({"--appendonly", "yes", "--appendfsync", "always"}),
      RedisServer({"--appendonly", "yes", "--appendfsync", "always"})};
  Run run(three_entries({servers[0].address(), servers[1].address(), servers[2].address()}));
  run.start({servers[0].port(), servers[1].port(), servers[2].port()});
  std::minstd_rand random(std::random_device{}());
  const auto end = Clock::now() + length();
  const auto pause = [&](unsigned most) {
    std::this_thread::sleep_for(milliseconds(50 + random() % most));
  };
  while (Clock::now() < end) {
    pause(1500);
    RedisServer& server = servers[random() % kShards];
    switch (random() % 5) {
      case 0:
        server.kill();
        pause(100);
        server.start();
        break;
      case 1:
        server.suspend();
        pause(300);
        server.resume();
        break;
      case 2:
        RespClient(server.port()).call({"CLIENT", "KILL", "TYPE", "normal"});
        break;
      case 3:  // everything is gone, and there again at once with newer values
        RespClient(server.port()).call({"EVAL", kFlush, "0"});
        break;
      default: {
        Process& proxy = const_cast<ProxyProcess&>(run.proxy(random() % 2)).process();
        proxy.suspend();
        pause(300);
        proxy.resume();
      }
    }
  }
  run.stop();
  const Figures& figures = run.figures;
  uint64_t asked = 0;
  for (const RedisServer& server : servers)
    asked += static_cast<uint64_t>(calls_at(server.port(), "get"));
  MESSAGE(figures.reads.load(), " reads, ", figures.writes.load(), " writes, ",
          figures.errors.load(), " errors, ", figures.violations.load(),
          " violations; the shards were asked (since their last start) ", asked);
  CHECK_MESSAGE(figures.violations == 0, figures.first_violation);
  CHECK(figures.reads > 1000);
}

}  // namespace slotway::tests
