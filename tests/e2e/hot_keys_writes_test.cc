// Keys that are cached, and everything that changes them: who has been answered sees it.

#include "tests/e2e/conversation.h"
#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

const std::string kNil = "-1";  // as RespValue has it

// Checks that every session reads it.
void check_seen(std::vector<RespClient>& clients, const std::string& key,
                const std::string& value) {
  for (RespClient& client : clients) CHECK(client.call({"GET", key}).text == value);
}

void cache(std::vector<RespClient>& clients, const std::string& key) {
  for (RespClient& client : clients) {
    for (int i = 0; i < 3; ++i) client.call({"GET", key});
  }
}

// What changes "{k}" and its neighbours of that slot, and what it reads afterwards.
struct Change {
  std::vector<Command> commands;
  std::string value;
};

const std::vector<Change> kChanges = {
    {{{"SET", "{k}", "1"}}, "1"},
    {{{"INCR", "{k}"}}, "2"},
    {{{"APPEND", "{k}", "0"}}, "20"},
    {{{"GETSET", "{k}", "3"}}, "3"},
    {{{"GETDEL", "{k}"}}, kNil},
    {{{"MSET", "{k}", "4", "other", "x", "another", "x"}}, "4"},
    {{{"DEL", "other", "{k}", "another"}}, kNil},
    {{{"SET", "{k}a", "5"}, {"RENAME", "{k}a", "{k}"}}, "5"},
    {{{"RENAME", "{k}", "{k}b"}}, kNil},
    {{{"COPY", "{k}b", "{k}"}}, "5"},
    {{{"MULTI"}, {"SET", "{k}", "8"}, {"EXEC"}}, "8"},
    {{{"MULTI"}, {"INCR", "{k}"}, {"INCR", "{k}"}, {"EXEC"}}, "10"},
    {{{"EXPIRE", "{k}", "-1"}}, kNil},
    {{{"SETRANGE", "{k}", "0", "11"}}, "11"},
    {{{"BITOP", "NOT", "{k}c", "{k}"}, {"BITOP", "NOT", "{k}", "{k}c"}}, "11"},
    {{{"UNLINK", "{k}"}}, kNil},
    {{{"SET", "{k}", "12"}}, "12"},
    {{{"FLUSHALL"}}, kNil},
    {{{"SET", "{k}", "13"}}, "13"},
    {{{"FLUSHDB"}}, kNil},
    {{{"SETNX", "{k}", "14"}}, "14"},
    {{{"SET", "{k}", "15", "PX", "100000"}, {"GETEX", "{k}", "PXAT", "1"}}, kNil},
    {{{"RESTORE", "{k}", "0", std::string("\0\xc0\x07\n\0\xb4\x2a\xa4\xa9\x5f\xf1\x5a\x98", 13)},
      {"SET", "{k}", "16"}},
     "16"},
};

}  // namespace

TEST_CASE_TEMPLATE("hot keys: whatever changes a key is seen once it is answered, by every session",
                   Shards, EVERY_KIND) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    const Served<Shards> served({kCacheAll});
    std::vector<RespClient> clients = clients_of(served.proxy);
    size_t writer = 0;
    for (const Change& change : kChanges) {
      CAPTURE(encode_request(change.commands.back()));
      cache(clients, "{k}");
      RespClient& client = clients[++writer % clients.size()];
      for (const Command& command : change.commands) client.call(command);
      check_seen(clients, "{k}", change.value);
    }
  }
}

TEST_CASE_TEMPLATE("hot keys: whatever changes a key is seen by what is pipelined behind it",
                   Shards, EVERY_KIND) {
  const Served<Shards> served({kCacheAll});
  std::vector<RespClient> clients = clients_of(served.proxy, 2);
  for (const Change& change : kChanges) {
    CAPTURE(encode_request(change.commands.back()));
    cache(clients, "{k}");
    std::string bytes = encode_request({"GET", "{k}"});
    for (const Command& command : change.commands) bytes += encode_request(command);
    bytes += encode_request({"GET", "{k}"}) + encode_request({"GET", "{k}"});
    clients[0].send(bytes);
    for (size_t i = 0; i < change.commands.size() + 1; ++i) clients[0].receive();
    CHECK(clients[0].receive().text == change.value);
    CHECK(clients[0].receive().text == change.value);
    CHECK(clients[1].call({"GET", "{k}"}).text == change.value);
  }
}

TEST_CASE_TEMPLATE("hot keys: a write in front of the first read, and behind it, in one pipeline",
                   Server, EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    const Cached<Server> cached(workers);
    std::vector<RespClient> clients = clients_of(cached.proxy);
    // Keys that nobody has read: each is admitted, fetched and written in between.
    for (int round = 0; round < 100; ++round) {
      RespClient& client = clients[static_cast<size_t>(round) % clients.size()];
      const std::string key = "k" + std::to_string(round);
      std::string bytes;
      for (int i = 1; i <= 10; ++i) {
        for (int j = 0; j < i % 4; ++j) bytes += encode_request({"GET", key});
        bytes += encode_request({"SET", key, std::to_string(i)});
        bytes += "GET " + key + "\r\n";
      }
      client.send(bytes);
      for (int i = 1; i <= 10; ++i) {
        const std::string before = i == 1 ? kNil : std::to_string(i - 1);
        for (int j = 0; j < i % 4; ++j) CHECK(client.receive().text == before);
        CHECK(client.receive().text == "OK");
        CHECK(client.receive().text == std::to_string(i));
      }
    }
  }
}

TEST_CASE_TEMPLATE("hot keys: transactions leave alone what they do not name", Server,
                   EVERY_TRACKER) {
  const Cached<Server> cached(4);
  RespClient reader = cached.proxy.client();
  RespClient other = cached.proxy.client();
  const std::vector<std::vector<Command>> transactions = {
      {{"WATCH", "other"}, {"UNWATCH"}},
      {{"WATCH", "other"}, {"MULTI"}, {"INCR", "other"}, {"EXEC"}},
      {{"MULTI"}, {"PING"}, {"EXEC"}},
  };
  for (const std::vector<Command>& transaction : transactions) {
    CAPTURE(encode_request(transaction.back()));
    REQUIRE(comes_to_be_cached(reader, "k", cached));
    CHECK(eventually([&] {
      const int64_t before = cached.calls("get");
      for (int i = 0; i < 3; ++i) {
        for (const Command& command : transaction) other.call(command);
        reader.call({"GET", "k"});
      }
      return cached.calls("get") == before;
    }));
  }
}

TEST_CASE_TEMPLATE("hot keys: a value that one session wrote is what all others read from then on",
                   Server, EVERY_TRACKER) {
  for (const unsigned workers : {1u, 4u}) {
    CAPTURE(workers);
    const Cached<Server> cached(workers);
    std::vector<RespClient> clients = clients_of(cached.proxy);
    for (int i = 1; i <= 200; ++i) {
      RespClient& writer = clients[static_cast<size_t>(i) % clients.size()];
      const std::string value = std::to_string(i);
      CHECK(writer.call({"SET", "k", value}).text == "OK");
      for (int round = 0; round < 3; ++round) check_seen(clients, "k", value);
    }
    CHECK(cached.calls("get") < 200 * 3 * 8);  // some of them came from the cache
  }
}

TEST_CASE_TEMPLATE("hot keys: a write at the shard is seen within the bound", Server,
                   EVERY_TRACKER) {
  const Cached<Server> cached(4);
  std::vector<RespClient> clients = clients_of(cached.proxy);
  RespClient direct = cached.direct();
  for (int i = 0; i < 20; ++i) {
    cache(clients, "k");
    direct.call({"SET", "k", std::to_string(i)});
    std::this_thread::sleep_for(milliseconds(100));  // the bound that is to be shown
    check_seen(clients, "k", std::to_string(i));
  }
}

TEST_CASE_TEMPLATE("hot keys: what expires is gone when it expires", Server, EVERY_TRACKER) {
  const Cached<Server> cached(4);
  std::vector<RespClient> clients = clients_of(cached.proxy);
  for (int i = 0; i < 10; ++i) {
    CHECK(clients[0].call({"SET", "k", "v", "PX", "50"}).text == "OK");
    const auto written = Clock::now();
    while (Clock::now() < written + milliseconds(50)) cache(clients, "k");
    std::this_thread::sleep_until(Clock::now() + milliseconds(2));
    check_seen(clients, "k", kNil);
  }
}

TEST_CASE_TEMPLATE("hot keys: databases have keys of their own", Server, EVERY_TRACKER) {
  const Cached<Server> cached(4);
  RespClient zero = cached.proxy.client();
  RespClient one = cached.proxy.client();
  REQUIRE(one.call({"SELECT", "1"}).text == "OK");
  const auto check = [&](const std::string& in_zero, const std::string& in_one) {
    for (int i = 0; i < 5; ++i) {
      CHECK(zero.call({"GET", "k"}).text == in_zero);
      CHECK(one.call({"GET", "k"}).text == in_one);
    }
  };
  zero.call({"SET", "k", "0"});
  one.call({"SET", "k", "1"});
  check("0", "1");
  CHECK(zero.call({"SWAPDB", "0", "1"}).text == "OK");
  check("1", "0");
  zero.call({"DEL", "k"});
  check(kNil, "0");
  CHECK(one.call({"MOVE", "k", "0"}).integer() == 1);
  check("0", kNil);
  CHECK(zero.call({"COPY", "k", "k", "DB", "1"}).integer() == 1);
  check("0", "0");
  CHECK(one.call({"FLUSHDB"}).text == "OK");
  check("0", kNil);
  CHECK(zero.call({"SELECT", "1"}).text == "OK");
  CHECK(zero.call({"GET", "k"}).null);
}

TEST_CASE("hot keys: scripts that write, also what they do not name") {
  const Cached cached(4);
  std::vector<RespClient> clients = clients_of(cached.proxy);
  for (int i = 0; i < 10; ++i) {
    const std::string value = std::to_string(i);
    cache(clients, "k");
    clients[0].call({"EVAL", "return redis.call('set', KEYS[1], ARGV[1])", "1", "k", "n" + value});
    check_seen(clients, "k", "n" + value);
    cache(clients, "k");
    clients[0].call({"EVAL", "return redis.call('set', 'k', ARGV[1])", "0", value});
    check_seen(clients, "k", value);
    cache(clients, "k");
    clients[1].call({"EVAL", "return redis.call('set', 'k', ARGV[1])", "1", "other", value + "x"});
    check_seen(clients, "k", value + "x");
  }
  CHECK(clients[0]
            .call({"FUNCTION", "LOAD",
                   "#!lua name=l\nredis.register_function('f', function(keys, args) return "
                   "redis.call('set', 'k', args[1]) end)"})
            .text == "l");
  cache(clients, "k");
  clients[0].call({"FCALL", "f", "0", "by function"});
  check_seen(clients, "k", "by function");
}

TEST_CASE_TEMPLATE(
    "hot keys: a transaction that watches a key never overwrites what it has not seen", Server,
    EVERY_TRACKER) {
  const Cached<Server> cached(4);
  RespClient client = cached.proxy.client();
  RespClient direct = cached.direct();
  int64_t written = 0;
  direct.call({"SET", "k", "0"});
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 3; ++j) client.call({"GET", "k"});
    written = direct.call({"INCR", "k"}).integer();
    CHECK(client.call({"WATCH", "k"}).text == "OK");
    const std::string seen = client.call({"GET", "k"}).text;
    CHECK(client.call({"MULTI"}).text == "OK");
    client.call({"SET", "k", std::to_string(std::stoll(seen) + 1)});
    CHECK(!client.call({"EXEC"}).null);
    CHECK(direct.call({"GET", "k"}).text == std::to_string(written + 1));
  }
}

TEST_CASE_TEMPLATE("hot keys: one who waits for an element of a list that is cached", Server,
                   EVERY_TRACKER) {
  const Cached<Server> cached(4);
  RespClient client = cached.proxy.client();
  RespClient waiting = cached.proxy.client();
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 3; ++j) CHECK(client.call({"LRANGE", "l", "0", "-1"}).items.empty());
    waiting.request({"BLPOP", "l", "0"});
    CHECK(client.call({"RPUSH", "l", "a", "b"}).integer() == 2);
    CHECK(waiting.receive().to_string() == "*2[$l $a]");
    CHECK(client.call({"LRANGE", "l", "0", "-1"}).to_string() == "*1[$b]");
    CHECK(waiting.call({"BLPOP", "l", "0"}).to_string() == "*2[$l $b]");
    CHECK(waiting.call({"LRANGE", "l", "0", "-1"}).items.empty());
    CHECK(client.call({"LLEN", "l"}).integer() == 0);
  }
}

}  // namespace slotway::tests
