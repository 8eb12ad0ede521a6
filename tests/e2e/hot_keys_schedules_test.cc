// The shortest schedules by which a cache of keys goes wrong, each as it happens on the wire: a
// shard of one key that says nothing of changes but what a test has it say, and answers when told.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "tests/e2e/hot_keys.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

class OneKeyShard {
 public:
  std::string value() const {
    const std::scoped_lock lock(mutex_);
    return value_;
  }
  // A write of somebody who asks the shard itself.
  void write(const std::string& value) {
    const std::scoped_lock lock(mutex_);
    value_ = value;
    ++writes_;
  }
  // What it says of the key from now on, behind the next PING.
  void tell(const std::string& push) {
    const std::scoped_lock lock(mutex_);
    push_ = push;
    pongs_since_told_ = 0;
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
  void refuse(const std::string& subcommand) { refused_ = subcommand; }

  // Fetches are carried out, or their replies leave, not before open() is called. For the first it
  // is enough that somebody writes; without either for `limit`, it goes on.
  enum class Gate : uint8_t { kOpen, kBeforeExec, kBeforeReply };
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
      if (name == "PING") {
        connection.send(answer_to_ping(connection));
      } else if (name == "HELLO") {
        connection.send("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n");
      } else if (name == "CLIENT" && (*command)[1] == refused_) {
        connection.send("-NOPERM no\r\n");
      } else if (name == "CLIENT") {
        const std::scoped_lock lock(mutex_);
        if ((*command)[1] == "TRACKING") is_fetch_line_.insert(connection.number());
        connection.send("+OK\r\n");
      } else if (name == "EXEC") {
        in_multi = false;
        if (is_fetch_line(connection)) {
          exec(connection);
        } else {
          connection.send(aborts_ ? "*-1\r\n" : "*1\r\n" + bulk(value()));
        }
      } else if (name == "DISCARD") {
        connection.send("-ERR DISCARD without MULTI\r\n");
      } else if (name == "MULTI") {
        in_multi = true;
        connection.send("+OK\r\n");
      } else if (in_multi) {
        connection.send("+QUEUED\r\n");
      } else if (name == "GET") {
        connection.send(bulk(value()));
      } else if (name == "MGET") {
        connection.send("*1\r\n" + bulk(value()));
      } else if (name == "SET" || name == "MSET" || name == "DEL" || name == "FLUSHALL" ||
                 name.starts_with("EVAL")) {
        write(name == "SET" ? (*command)[2] : "new");
        changed_.notify_all();
        connection.send("+OK\r\n");
      } else {
        connection.send("+OK\r\n");
      }
    }
  }

  bool is_fetch_line(const FakeConnection& connection) {
    const std::scoped_lock lock(mutex_);
    return is_fetch_line_.contains(connection.number());
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

  void exec(FakeConnection& connection) {
    constexpr milliseconds kEnough = patience(milliseconds(300));
    std::string seen;
    {
      std::unique_lock lock(mutex_);
      ++fetches_;
      ++at_gate_;
      changed_.notify_all();
      if (gate_ == Gate::kBeforeExec) {
        changed_.wait_for(lock, kEnough, [&] { return writes_ > 0 || gate_ == Gate::kOpen; });
      }
      seen = value_;
      changed_.wait_for(lock, kLong, [&] { return gate_ != Gate::kBeforeReply; });
    }
    connection.send("*2\r\n:-1\r\n" + bulk(seen));
  }

  mutable std::mutex mutex_;  // guards what follows up to changed_
  std::string value_ = "old";
  std::string push_;
  std::set<size_t> is_fetch_line_;
  static constexpr int kMany = 1 << 30;
  int pongs_ = kMany;
  int pongs_since_told_ = 0;
  bool ping_waits_ = false;
  Gate gate_ = Gate::kOpen;
  int writes_ = 0;
  int at_gate_ = 0;
  int fetches_ = 0;
  std::condition_variable changed_;
  std::string refused_;
  std::atomic<bool> aborts_{false};
  FakeBackend backend_{[this](FakeConnection& connection) { serve(connection); }};
};

// The shard, and a proxy that has its key cached.
struct Scene {
  explicit Scene(const std::string& staleness = "10s", const std::string& request = "2s")
      : proxy({.shards = {{"a", shard.address()}},
               .pool = {pool_of(staleness), "timeouts: { request: " + request + " }"},
               .workers = 2}),
        s1(proxy.client()),
        s2(proxy.client()) {
    cache();
  }
  static std::string pool_of(const std::string& staleness) {
    return "hot_keys: { detect: true, cache: { staleness: " + staleness +
           " }, rules: [ { match: \"*\", cache: always } ] }";
  }
  // Until the session is served the present value without a further fetch.
  void cache(RespClient& client) {
    REQUIRE(eventually([&] {
      client.call({"GET", "k"});
      const int before = shard.fetches();
      client.call({"GET", "k"});
      return before > 0 && shard.fetches() == before;
    }));
  }
  void cache() {
    cache(s1);
    cache(s2);
  }
  std::string get(RespClient& client) { return client.call({"GET", "k"}).text; }

  OneKeyShard shard;
  ProxyProcess proxy;
  RespClient s1;
  RespClient s2;
};

const std::string kGet = encode_request({"GET", "k"});

}  // namespace

TEST_CASE("hot keys: rule R0, a write does not overtake the fetch that its own session waits for") {
  Scene scene;
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");  // the next GET fetches
  scene.shard.shut(OneKeyShard::Gate::kBeforeExec);
  scene.s1.send(kGet + encode_request({"SET", "k", "new"}) + kGet);
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s1.receive().text == "OK");
  CHECK(scene.s1.receive().text == "new");
}

TEST_CASE("hot keys: rule R0, nor does a command of several keys, or of any") {
  for (const Command& command : std::vector<Command>{{"MSET", "k", "new", "other", "x"},
                                                     {"EVAL", "return 1", "1", "k"},
                                                     {"DEL", "k", "other"},
                                                     {"FLUSHALL"}}) {
    CAPTURE(command[0]);
    Scene scene;
    CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
    scene.shard.shut(OneKeyShard::Gate::kBeforeExec);
    scene.s1.send(kGet + encode_request(command));
    CHECK(scene.s1.receive().text == "old");
    scene.s1.receive();
    CHECK(scene.shard.value() == "new");
  }
}

TEST_CASE("hot keys: rule R0, nor when the key is not cached any more") {
  Scene scene;
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
  scene.shard.shut(OneKeyShard::Gate::kBeforeReply);
  scene.s1.send(kGet);
  REQUIRE(scene.shard.has_fetch_at_gate());
  for (const std::string pool :
       {"hot_keys: { detect: true, cache: { mode: off } }", "hot_keys: { detect: false }"}) {
    REQUIRE(scene.proxy.reload(
        {.shards = {{"a", scene.shard.address()}}, .pool = {pool}, .workers = 2}));
    scene.s1.send(encode_request({"SET", "k", pool}));
    scene.s1.send("GET k\r\n");
  }
  CHECK(!eventually([&] { return scene.shard.value() != "old"; }, milliseconds(50)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s1.receive().text == "OK");
  CHECK(scene.s1.receive().text == "hot_keys: { detect: true, cache: { mode: off } }");
}

TEST_CASE("hot keys: rule R0, what is behind a write in a pipeline is not served from the cache") {
  Scene scene;
  for (int i = 0; i < 50; ++i) {
    scene.cache();
    const std::string value = std::to_string(i);
    scene.s1.send(encode_request({"SET", "k", value}) + kGet);
    CHECK(scene.s1.receive().text == "OK");
    CHECK(scene.s1.receive().text == value);
  }
}

TEST_CASE("hot keys: rule R1, who watches a key is not served from the cache") {
  Scene scene;
  scene.shard.write("new");  // which the shard has not told yet
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s1.call({"WATCH", "k"}).text == "OK");
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.get(scene.s2) == "new");  // rule W: somebody has seen it
}

TEST_CASE("hot keys: rules R2 and P, what the shard says has changed is not served again") {
  for (const std::string push : {">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
                                 ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\nx\r\n$1\r\nk\r\n",
                                 ">2\r\n$10\r\ninvalidate\r\n_\r\n"}) {
    CAPTURE(push);
    Scene scene;
    scene.shard.write("new");
    CHECK(scene.get(scene.s1) == "old");
    // Without reads meanwhile: of many the shard is asked again anyway.
    scene.shard.tell(push);
    REQUIRE(scene.shard.has_told());
    CHECK(scene.get(scene.s1) == "new");
    CHECK(scene.get(scene.s2) == "new");
  }
}

TEST_CASE("hot keys: rule R3, nobody joins a fetch that began before a write that was answered") {
  Scene scene;
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
  scene.shard.shut(OneKeyShard::Gate::kBeforeReply);
  scene.s1.send(kGet);
  REQUIRE(scene.shard.has_fetch_at_gate());
  CHECK(scene.s2.call({"SET", "k", "new"}).text == "OK");
  scene.s2.send(kGet);
  CHECK(scene.s2.silent_for(milliseconds(50)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s2.receive().text == "new");
}

TEST_CASE("hot keys: rule R4, what was fetched before a write that was answered is not kept") {
  Scene scene;
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
  scene.shard.shut(OneKeyShard::Gate::kBeforeReply);
  scene.s1.send(kGet);
  REQUIRE(scene.shard.has_fetch_at_gate());
  CHECK(scene.s2.call({"SET", "k", "new"}).text == "OK");
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.get(scene.s2) == "new");
}

TEST_CASE("hot keys: rule W, what one session has seen or written all others see") {
  for (const Command& command : std::vector<Command>{{"SET", "k", "new"},
                                                     {"MGET", "k"},
                                                     {"TOUCH", "k"},
                                                     {"EVAL", "return 1", "0"},
                                                     {"FLUSHALL"},
                                                     {"SWAPDB", "0", "1"}}) {
    CAPTURE(command[0]);
    Scene scene;
    scene.shard.write("new");  // which the shard does not tell
    CHECK(scene.get(scene.s1) == "old");
    CHECK(!scene.s2.call(command).is_error());
    CHECK(scene.get(scene.s1) == "new");
    CHECK(scene.get(scene.s2) == "new");
  }
}

TEST_CASE("hot keys: rule W, so does a transaction that was carried out") {
  Scene scene;
  scene.shard.write("new");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"MULTI"}).text == "OK");
  CHECK(scene.s2.call({"GET", "k"}).text == "QUEUED");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"EXEC"}).to_string() == "*1[$new]");
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule W, and one that was not shows that a key has changed") {
  Scene scene;
  scene.shard.abort_transactions();
  CHECK(scene.s2.call({"WATCH", "k"}).text == "OK");
  scene.cache(scene.s1);
  scene.shard.write("new");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"MULTI"}).text == "OK");
  CHECK(scene.s2.call({"TOUCH", "other"}).text == "QUEUED");
  CHECK(scene.s2.call({"EXEC"}).null);
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule B, without an answer to PING nothing is served beyond the bound") {
  Scene scene("60ms", "400ms");
  scene.shard.answer_pings(0);
  REQUIRE(scene.shard.has_answered_pings());
  scene.shard.write("new");
  std::this_thread::sleep_for(milliseconds(80));
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule B, an answer that comes late proves what was true when it was asked") {
  Scene scene("60ms", "400ms");
  scene.shard.answer_pings(0);
  REQUIRE(scene.shard.has_answered_pings());
  scene.shard.write("new");
  std::this_thread::sleep_for(milliseconds(80));
  scene.shard.answer_pings(1);
  REQUIRE(scene.shard.has_answered_pings());
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: a shard that will not tell of changes is asked each time") {
  for (const std::string subcommand : {"TRACKING", "CACHING"}) {
    CAPTURE(subcommand);
    OneKeyShard shard;
    shard.refuse(subcommand);
    ProxyProcess proxy(
        {.shards = {{"a", shard.address()}}, .pool = {Scene::pool_of("10s")}, .workers = 2});
    RespClient client = proxy.client();
    for (int i = 0; i < 50; ++i) {
      shard.write(std::to_string(i));
      CHECK(client.call({"GET", "k"}).text == std::to_string(i));
    }
  }
}

}  // namespace slotway::tests
