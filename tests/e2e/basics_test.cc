// Commands on single keys through the proxy: the answers, their order, and whose they are.

#include <doctest/doctest.h>

#include <future>

#include "tests/e2e/random_commands.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// The first pair of replies that differ, or empty.
std::string first_difference(const std::vector<std::vector<std::string>>& commands,
                             const std::vector<std::string>& got,
                             const std::vector<std::string>& wanted) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (got[i] == wanted[i]) continue;
    std::string text = "command " + std::to_string(i) + ":";
    for (const std::string& word : commands[i]) text += " " + word.substr(0, 40);
    return text + "\ngot:    " + got[i].substr(0, 200) + "\nwanted: " + wanted[i].substr(0, 200);
  }
  return {};
}

// One client's part of the test of many: numbers that only it counts, words that only it says.
std::string talk_alone(uint16_t port, int who) {
  RespClient client(port);
  const std::string counter = "counter:" + std::to_string(who);
  int64_t counted = 0;
  int64_t shared = 0;
  for (int round = 0; round < 40; ++round) {
    const int depth = 1 + (round * 7 + who) % 20;
    std::string bytes;
    for (int i = 0; i < depth; ++i) {
      const std::string word = std::to_string(who) + "/" + std::to_string(round) + "/" +
                               std::to_string(i) + std::string(static_cast<size_t>(who) * 10, '.');
      bytes += encode_request({"INCR", counter});
      bytes += encode_request({"ECHO", word});
      bytes += encode_request({"SET", "word:" + std::to_string(who), word});
      bytes += encode_request({"GET", "word:" + std::to_string(who)});
      bytes += encode_request({"INCR", "shared"});
    }
    const auto replies = client.exchange(bytes, static_cast<size_t>(depth) * 5);
    for (size_t i = 0; i < replies.size(); i += 5) {
      if (replies[i] != ":" + std::to_string(++counted) + "\r\n") return "INCR: " + replies[i];
      const std::string start =
          std::to_string(who) + "/" + std::to_string(round) + "/" + std::to_string(i / 5) + ".";
      const std::string said = replies[i + 1].substr(replies[i + 1].find('\n') + 1);
      if (who > 0 && !said.starts_with(start)) return "ECHO: " + replies[i + 1];
      if (replies[i + 2] != "+OK\r\n") return "SET: " + replies[i + 2];
      if (replies[i + 3] != replies[i + 1]) return "GET: " + replies[i + 3];
      const int64_t now = std::stoll(replies[i + 4].substr(1));
      if (now <= shared) return "shared INCR: " + replies[i + 4];
      shared = now;
    }
  }
  return {};
}

}  // namespace

TEST_CASE_TEMPLATE("strings and keys are served", Shards, EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    const std::string key = key_of_shard(shard);
    CHECK(client.call({"SET", key, "value"}).to_string() == "+OK");
    CHECK(client.call({"GET", key}).to_string() == "$value");
    CHECK(client.call({"EXPIRE", key, "100"}).integer() == 1);
    CHECK(client.call({"TTL", key}).integer() > 90);
    CHECK(client.call({"PERSIST", key}).integer() == 1);
    CHECK(client.call({"TTL", key}).integer() == -1);
    CHECK(client.call({"INCR", key}).to_string() == "-ERR value is not an integer or out of range");
    CHECK(client.call({"DEL", key}).integer() == 1);
    CHECK(client.call({"GET", key}).null);
    CHECK(client.call({"INCR", key}).integer() == 1);
    CHECK(client.call({"PEXPIRE", key, "1"}).integer() == 1);
    CHECK(eventually([&] { return client.call({"GET", key}).null; }));
  }
  CHECK(client.call({"get", key_of_shard(0)}).null);
}

TEST_CASE_TEMPLATE("random pipelines are answered byte for byte as by one redis-server", Shards,
                   EVERY_KIND) {
  Served<Shards> served;
  const RedisServer reference;
  RespClient client = served.proxy.client();
  RespClient one(reference.port());
  RandomCommands random(20260101);
  for (size_t done = 0; done < 2000;) {
    std::vector<std::vector<std::string>> commands(1 + random.below(100));
    std::string bytes;
    for (auto& command : commands) {
      command = random.next();
      bytes += encode_request(command);
    }
    const auto got = client.exchange(bytes, commands.size());
    const auto wanted = one.exchange(bytes, commands.size());
    REQUIRE(first_difference(commands, got, wanted) == "");
    done += commands.size();
  }
  CHECK(client.call({"DBSIZE"}).integer() == one.call({"DBSIZE"}).integer());
}

TEST_CASE_TEMPLATE("pipelines of every length keep the order over the shards", Shards, EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  for (const size_t length : {1, 2, 3, 10, 99, 100, 500, 1000}) {
    std::string bytes;
    for (size_t i = 0; i < length; ++i) {
      bytes += encode_request({"SET", "k" + std::to_string(i), std::to_string(length * i)});
    }
    for (size_t i = 0; i < length; ++i) bytes += encode_request({"GET", "k" + std::to_string(i)});
    const auto replies = client.exchange(bytes, 2 * length);
    for (size_t i = 0; i < length; ++i) {
      REQUIRE(replies[i] == "+OK\r\n");
      const std::string value = std::to_string(length * i);
      REQUIRE(replies[length + i] == "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n");
    }
  }
}

TEST_CASE_TEMPLATE("fifty clients at once each get their own answers", Shards, EVERY_KIND) {
  Served<Shards> served;
  std::vector<std::future<std::string>> talks;
  for (int who = 0; who < 50; ++who) {
    talks.push_back(std::async(std::launch::async, talk_alone, served.proxy.port(), who));
  }
  for (auto& talk : talks) CHECK(talk.get() == "");
  CHECK(served.proxy.metric("slotway_request_errors_total") == 0);
}

TEST_CASE_TEMPLATE("values of all sizes arrive whole", Shards, EVERY_KIND) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  for (const size_t size : {0u, 1u, 4095u, 16383u, 16384u, 65536u, 1'000'000u, 20'000'000u}) {
    std::string value(size, 'v');
    for (size_t i = 0; i < size; i += 997) value[i] = static_cast<char>(i * 31);
    REQUIRE(client.call({"SET", "key" + std::to_string(size), value}).text == "OK");
    const std::string got = client.call({"GET", "key" + std::to_string(size)}).text;
    REQUIRE(got.size() == size);
    REQUIRE((got == value));
  }
}

TEST_CASE("a pool is served on each address that it listens on") {
  const RedisShards shards;
  const TempDir directory;
  const std::string path = directory.file("slotway.sock");
  const uint16_t other = free_port();
  const ProxyProcess proxy(
      {.shards = {{"a", "unix:" + shards.servers[0].socket_path(), "0-5460"},
                  {"b", "localhost:" + std::to_string(shards.servers[1].port()), "5461-16383"}},
       .also_listen = {"unix:" + path, "127.0.0.1:" + std::to_string(other)}});
  RespClient unix_client(Socket::connect_unix(path));
  for (size_t i = 0; i < kShards; ++i) {
    CHECK(unix_client.call({"SET", key_of_shard(i), "x"}).text == "OK");
    CHECK(RespClient(other).call({"GET", key_of_shard(i)}).text == "x");
  }
  CHECK(proxy.client().call({"DBSIZE"}).integer() == 3);
  // As by redis-server.
  CHECK(unix_client.call({"CLIENT", "INFO"})
            .text.find(" addr=" + path + ":0 laddr=" + path + ":0 ") != std::string::npos);
  CHECK(proxy.client().call({"CLIENT", "KILL", path + ":0"}).text == "OK");
  CHECK(unix_client.closed());
}

TEST_CASE("a request is answered however its bytes come") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (const char c : encode_request({"SET", "key", "a\r\nb"})) {
    client.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(client.receive().text == "OK");
  client.send("GET key\r\n");
  CHECK(client.receive().text == "a\r\nb");
  client.send("PING\nSET \"two words\" 'x y'\r\n");
  CHECK(client.receive().text == "PONG");
  CHECK(client.receive().text == "OK");
  CHECK(client.call({"GET", "two words"}).text == "x y");
}

TEST_CASE("writes to and reads from a shard are counted, one each for a whole pipeline") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  const std::string key = key_of_shard(0);
  const auto writes = [&] {
    return served.proxy.metric("slotway_shard_writes_total", "shard=\"a\"");
  };
  const auto reads = [&] {
    return served.proxy.metric("slotway_shard_reads_total", "shard=\"a\"");
  };
  const double first_write = writes();
  const double first_read = reads();
  for (int i = 0; i < 10; ++i) client.call({"SET", key, "value"});
  CHECK(writes() == first_write + 10);
  CHECK(reads() == first_read + 10);
  std::string gets;
  for (int i = 0; i < 500; ++i) gets += encode_request({"GET", key});
  client.exchange(gets, 500);
  CHECK(writes() < first_write + 60);
  CHECK(reads() < first_read + 60);
}

}  // namespace slotway::tests
