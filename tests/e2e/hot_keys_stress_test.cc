// Sessions of two proxies and a writer at the shards, all on the same few keys, while everything
// fails: what they have seen must be what one copy of each key could have shown them.
//
// Of each proxy, without any allowance for its own sessions; what others write comes to it within
// the bound. And of all together, if each read may have happened up to the bound before it.

#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <random>
#include <type_traits>

#include "tests/e2e/hot_keys.h"
#include "tests/support/linearizability.h"

namespace slotway::tests {

namespace {

constexpr size_t kKeys = 6;
constexpr size_t kProxies = 2;
constexpr size_t kDirect = kProxies;       // the number of who asks the shards themselves
constexpr size_t kReaders = 6;             // of each proxy
constexpr int64_t kBoundNs = 100'000'000;  // also of mode ttl here

// By hand, longer: SLOTWAY_HOT_KEYS_SECONDS.
milliseconds length() {
  const char* const text = std::getenv("SLOTWAY_HOT_KEYS_SECONDS");
  return milliseconds(1000 * (text ? std::atoi(text) : 5));
}

int64_t now_ns() { return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count(); }

// What the sessions of one thread have done and seen, key by key. What got no answer stays open.
struct Log {
  size_t server;  // a proxy, or kDirect
  std::array<std::vector<Operation>, kKeys> of_key = {};
};

class Run {
 public:
  // Of the servers that listen there.
  Run(const std::array<uint16_t, kShards>& ports, bool is_tracked)
      : ports_(ports), is_tracked_(is_tracked) {
    const auto address = [&](size_t i) { return "127.0.0.1:" + std::to_string(ports[i]); };
    const std::string cache = is_tracked ? "{ mode: tracked }" : "{ mode: ttl, max_ttl: 100ms }";
    for (auto& proxy : proxies_) {
      proxy = std::make_unique<ProxyProcess>(
          ProxyOptions{.shards = three_entries({address(0), address(1), address(2)}),
                       .pool = {"hot_keys: { detect: true, cache: " + cache +
                                    ", rules: { match: \"*\", cache: always } }",
                                "timeouts: { request: 1s, connect: 500ms }"},
                       .workers = 4});
    }
    for (size_t key = 0; key < kKeys; ++key) names_.push_back(key_of_shard(key % kShards, key));
  }

  void start() {
    for (size_t proxy = 0; proxy < kProxies; ++proxy) {
      for (size_t reader = 0; reader < kReaders; ++reader) {
        begin(proxy, [this, proxy, reader](Log& log) { work(log, proxy, reader); });
      }
    }
    begin(kDirect, [this](Log& log) { write_directly(log); });
  }
  // `log` is of who has called flush().
  void stop(Log log) {
    stop_ = true;
    logs_.push_back(std::move(log));
    for (auto& thread : threads_) logs_.push_back(thread.get());
  }
  ProxyProcess& proxy(size_t i) { return *proxies_[i]; }

  // After stop(). What is wrong, if anything, in one line for each.
  std::string violations() const;
  size_t reads() const { return count(false); }
  size_t writes() const { return count(true); }
  size_t errors() const { return errors_; }

  // Everything of that shard is gone, and there again at once with newer values.
  void flush(size_t shard, Log& log) {
    std::vector<Command> commands = {{"MULTI"}, {"FLUSHALL"}};
    std::vector<Operation*> writes;
    for (size_t key = shard; key < kKeys; key += kShards) {
      const uint64_t value = next_value_++;
      commands.push_back({"SET", names_[key], std::to_string(value)});
      writes.push_back(&log.of_key[key].emplace_back(
          Operation{true, next_session_++, value, now_ns(), Operation::kOpen}));
    }
    commands.push_back({"EXEC"});
    RespClient client(ports_[shard]);
    client.set_limit(patience(milliseconds(5000)));
    for (const Command& command : commands) {
      if (client.call(command).is_error()) return;
    }
    for (Operation* const write : writes) write->end = now_ns();
  }

 private:
  template <typename Work>
  void begin(size_t server, Work work) {
    threads_.push_back(std::async(std::launch::async, [this, server, work] {
      Log log{server};
      while (!stop_) {
        try {
          work(log);
        } catch (const std::exception&) {
          errors_++;  // a connection that was cut
          std::this_thread::sleep_for(milliseconds(20));
        }
      }
      return log;
    }));
  }

  void work(Log& log, size_t proxy, size_t number) {
    RespClient client(proxies_[proxy]->port(), number % 2 == 0 ? 2 : 3);
    client.set_limit(patience(milliseconds(5000)));
    const uint32_t session = next_session_++;
    std::minstd_rand random(static_cast<unsigned>(std::random_device{}()));
    while (!stop_) {
      const size_t key = random() % kKeys;
      const unsigned dice = random() % 1000;
      const std::string& name = names_[key];
      const Command get = {"GET", name};
      const Command set = {"SET", name};  // the value comes later
      auto& operations = log.of_key[key];
      if (dice < 5) {
        step(client, operations, session, {set});
      } else if (dice < 8) {  // behind and in front of its own reads
        step(client, operations, session, {get, get, set, get});
      } else if (dice < 10) {
        transaction(client, operations, session, name);
      } else if (dice < 20 && is_tracked_) {  // in mode ttl each command ends by itself
        step(client, operations, session, {{"GETRANGE", name, "0", "-1"}, get});
      } else if (dice < 25) {
        step(client, operations, session, {{"MGET", name}});
      } else {
        step(client, operations, session, std::vector<Command>(1 + random() % 8, get));
      }
    }
  }

  // In one go.
  void step(RespClient& client, std::vector<Operation>& operations, uint32_t session,
            std::vector<Command> pipeline) {
    const size_t first = operations.size();
    std::string bytes;
    for (Command& command : pipeline) {
      const bool is_write = command[0] == "SET";
      const uint64_t value = is_write ? next_value_++ : 0;
      if (is_write) command.push_back(std::to_string(value));
      bytes += encode_request(command);
      operations.push_back({is_write, session, value, now_ns(), Operation::kOpen});
    }
    client.send(bytes);
    for (size_t i = first; i < operations.size(); ++i) answered(operations[i], client.receive());
  }

  void answered(Operation& operation, const RespValue& reply) {
    if (reply.is_error()) {
      errors_++;
      return;
    }
    operation.end = now_ns();
    if (operation.is_write) return;
    const RespValue& seen = reply.type == '*' ? reply.items.at(0) : reply;
    operation.value = seen.null || seen.text.empty() ? Operation::kInitial : std::stoull(seen.text);
  }

  void transaction(RespClient& client, std::vector<Operation>& operations, uint32_t session,
                   const std::string& name) {
    const uint64_t value = next_value_++;
    client.call({"WATCH", name});
    step(client, operations, session, {{"GET", name}});
    client.call({"MULTI"});
    client.call({"SET", name, std::to_string(value)});
    operations.push_back({true, session, value, now_ns(), Operation::kOpen});
    const RespValue reply = client.call({"EXEC"});
    if (reply.null) {
      operations.pop_back();  // the key has changed
    } else {
      answered(operations.back(), reply);
    }
  }

  void write_directly(Log& log) {
    std::vector<RespClient> clients;
    for (const uint16_t port : ports_) {
      clients.emplace_back(port);
      clients.back().set_limit(patience(milliseconds(5000)));
    }
    const uint32_t session = next_session_++;
    std::minstd_rand random(std::random_device{}());
    while (!stop_) {
      const size_t key = random() % kKeys;
      step(clients[key % kShards], log.of_key[key], session, {{"SET", names_[key]}});
      std::this_thread::sleep_for(milliseconds(random() % 60));
    }
  }

  // All that has happened to a key, each as `change(Operation&, server)` would have it; without
  // those for which it gives false.
  template <typename Change>
  std::vector<Operation> history(size_t key, Change change) const {
    std::vector<Operation> all;
    for (const Log& log : logs_) {
      for (Operation each : log.of_key[key]) {
        const bool has_ended = each.end != Operation::kOpen;
        if ((each.is_write || has_ended) && change(each, log.server)) all.push_back(each);
      }
    }
    return all;
  }

  size_t count(bool writes) const {
    size_t found = 0;
    for (size_t key = 0; key < kKeys; ++key) {
      found += history(key, [&](const Operation& each, size_t) {
                 return each.is_write == writes;
               }).size();
    }
    return found;
  }

  const std::array<uint16_t, kShards> ports_;
  const bool is_tracked_;
  std::array<std::unique_ptr<ProxyProcess>, kProxies> proxies_;
  std::vector<std::string> names_;
  std::atomic<uint64_t> next_value_{1};
  std::atomic<uint32_t> next_session_{0};
  std::atomic<size_t> errors_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::future<Log>> threads_;
  std::vector<Log> logs_;
};

std::string Run::violations() const {
  std::string text;
  const auto check = [&](size_t key, const std::string& whose,
                         const std::vector<Operation>& operations) {
    const std::string wrong = find_violation(operations);
    if (!wrong.empty()) text += names_[key] + ", " + whose + ": " + wrong + "\n";
  };
  for (size_t key = 0; key < kKeys; ++key) {
    for (size_t proxy = 0; proxy < kProxies; ++proxy) {
      check(key, "proxy " + std::to_string(proxy),
            history(key, [&](Operation& each, size_t server) {
              if (server == proxy) return true;
              if (each.end != Operation::kOpen) each.end += kBoundNs;
              return each.is_write;
            }));
    }
    check(key, "both proxies", history(key, [](Operation& each, size_t) {
            if (!each.is_write) each.call -= kBoundNs;
            return true;
          }));
  }
  return text;
}

// Ends the connections of the server by which others hear of changes, and no others.
void cut_push_paths(uint16_t port) {
  RespClient client(port);
  const std::string list = client.call({"CLIENT", "LIST"}).text;
  for (size_t at = 0; at < list.size(); at = list.find('\n', at) + 1) {
    const std::string line = list.substr(at, list.find('\n', at) - at);
    const size_t flags = line.find(" flags=");
    if (line.substr(flags, line.find(' ', flags + 1) - flags).find('t') == std::string::npos) {
      continue;
    }
    client.call({"CLIENT", "KILL", "ID", line.substr(3, line.find(' ') - 3)});
  }
}

// In mode tracked, or ttl.
template <typename Server>
void check_linearizable(bool is_tracked) {
  // What was answered survives a kill; a slotway-store, which keeps nothing yet, is not killed.
  constexpr bool kKeeps = std::is_same_v<Server, RedisServer>;
  std::vector<std::string> arguments;
  if (kKeeps) arguments = {"--appendonly", "yes", "--appendfsync", "always"};
  std::array<Server, kShards> servers{Server(arguments), Server(arguments), Server(arguments)};
  Run run({servers[0].port(), servers[1].port(), servers[2].port()}, is_tracked);
  run.start();
  Log own{kDirect};
  std::minstd_rand random(std::random_device{}());
  const auto end = Clock::now() + length();
  const auto pause = [&](unsigned most) {
    std::this_thread::sleep_for(milliseconds(50 + random() % most));
  };
  while (Clock::now() < end) {
    pause(1500);
    const size_t shard = random() % kShards;
    Server& server = servers[shard];
    switch (random() % 6) {
      case 0:
        if (!kKeeps) break;
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
      case 3:
        run.flush(shard, own);
        break;
      case 4:
        cut_push_paths(server.port());
        break;
      default: {
        Process& proxy = run.proxy(random() % kProxies).process();
        proxy.suspend();
        pause(300);
        proxy.resume();
      }
    }
  }
  double hits = 0;
  double stale = 0;
  for (size_t proxy = 0; proxy < kProxies; ++proxy) {
    hits += run.proxy(proxy).metric("slotway_cache_hits_total");
    stale += run.proxy(proxy).metric("slotway_cache_stale_total");
  }
  run.stop(std::move(own));
  const std::string violations = run.violations();
  MESSAGE(run.reads(), " reads, ", hits, " from the cache, ", run.writes(), " writes, ",
          run.errors(), " errors");
  CHECK_MESSAGE(violations.empty(), violations);
  CHECK(stale == 0);
  CHECK(run.reads() > 1000);
  CHECK(hits > 1000);
}

}  // namespace

TEST_CASE_TEMPLATE("hot keys: what two proxies show is what one copy of each key could have shown",
                   Server, EVERY_TRACKER) {
  check_linearizable<Server>(true);
}

TEST_CASE_TEMPLATE(
    "hot keys: in mode ttl, too, what two proxies show is what one copy could have shown", Server,
    EVERY_TRACKER) {
  check_linearizable<Server>(false);
}

}  // namespace slotway::tests
