// MONITOR: what the clients of the proxy ask for.

#include <doctest/doctest.h>

#include <memory>
#include <thread>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// A line without its time and the client's port.
std::string without_place(std::string line) {
  const size_t open = line.find('[');
  const size_t close = line.find(']');
  if (open == std::string::npos || close == std::string::npos) return line;
  std::string place = line.substr(open, close - open);
  return place.substr(0, place.find(' ')) + line.substr(close);
}

std::vector<std::string> lines(RespClient& monitor, size_t count) {
  std::vector<std::string> found;
  while (found.size() < count) found.push_back(without_place(monitor.receive().text));
  return found;
}

}  // namespace

TEST_CASE("a monitor sees each command as redis-server shows it") {
  const std::vector<Command> commands = {
      {"set", "key", std::string("a\"b\\c\n\r\t\a\b\x01\xff\x7f\0z", 15)},
      {"GeT", "key"},
      {"PING"},
      {"SELECT", "3"},
      {"MSET", "{t}a", "1", "{t}b", ""},
      {"SELECT", "0"},
      {"EVAL_RO", "return 1", "0"},
      {"AUTH", "secret"},
      {"AUTH", "somebody", "secret"},
      {"HELLO", "2", "AUTH", "somebody", "secret", "SETNAME", "me"},
      {"CONFIG", "GET", "maxmemory"},  // not shown, as what else is for administrators
      {"GET"},
      {"NOTHING"},
      {"MULTI"},
      {"SET", "{t}a", "2"},
      {"GET", "{t}a"},
      {"EXEC"},
      {"MULTI"},
      {"GET"},
      {"EXEC"},
      {"MULTI"},
      {"GET", "x"},
      {"DISCARD"},
      {"ECHO", "end"}};
  RedisServer redis;
  Served<RedisShards> served;
  for (const int version : {2, 3}) {
    std::string seen[2];
    const uint16_t ports[2] = {redis.port(), served.proxy.port()};
    for (int i = 0; i < 2; ++i) {
      RespClient monitor(ports[i], version);
      RespClient client(ports[i]);
      CHECK(monitor.call({"MONITOR"}).text == "OK");
      for (const Command& command : commands) client.call(command);
      while (!seen[i].ends_with("\"end\"\n")) {
        seen[i] += without_place(monitor.receive().text) + "\n";
      }
    }
    CHECK(seen[0] == seen[1]);
  }
}

TEST_CASE("a monitor sees the clients of all workers, each in order, and only once") {
  Served<RedisShards> served;
  RespClient monitor = served.proxy.client();
  RespClient second = served.proxy.client();
  std::vector<std::unique_ptr<RespClient>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<RespClient>(served.proxy.port()));
  }
  CHECK(monitor.call({"MONITOR"}).text == "OK");
  CHECK(second.call({"MONITOR"}).text == "OK");
  constexpr int kEach = 20;
  for (int number = 0; number < kEach; ++number) {
    for (size_t i = 0; i < clients.size(); ++i) {
      clients[i]->request({
          "INCR",
          "counter:" + std::to_string(i),
      });
      clients[i]->request({"ECHO", std::to_string(i) + ":" + std::to_string(number)});
    }
  }
  for (const auto& client : clients) {
    for (int i = 0; i < 2 * kEach; ++i) client->receive();
  }
  for (RespClient* const each : {&monitor, &second}) {
    std::vector<int> next(clients.size());
    size_t echoes = 0;
    for (size_t i = 0; i < clients.size() * kEach * 2; ++i) {
      const std::string line = each->receive().text;
      const size_t at = line.find("\"ECHO\" \"");
      if (at == std::string::npos) continue;
      ++echoes;
      const std::string word = line.substr(at + 8);
      const auto client = static_cast<size_t>(std::atoi(word.c_str()));
      CHECK(std::atoi(word.c_str() + word.find(':') + 1) == next[client]++);
    }
    CHECK(echoes == clients.size() * kEach);
  }
}

TEST_CASE("MONITOR behind MULTI, twice, and after RESET") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient monitor = served.proxy.client();
  monitor.call({"MULTI"});
  CHECK(monitor.call({"MONITOR"}).text.find("DENY BLOCKING") != std::string::npos);
  CHECK(monitor.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(monitor.call({"MONITOR"}).text == "OK");
  CHECK(client.call({"CLIENT", "LIST"}).text.find(" flags=O ") != std::string::npos);
  // As by Redis, the second is not answered, and the keys are not for it.
  monitor.request({"MONITOR"});
  CHECK(monitor.call({"GET", "key"}).text == "ERR Replica can't interact with the keyspace");
  client.call({"PING", "1"});
  CHECK(lines(monitor, 1) == std::vector<std::string>{"[0] \"PING\" \"1\""});
  CHECK(monitor.call({"RESET"}).text == "RESET");
  client.call({"PING", "2"});
  CHECK(monitor.call({"GET", "key"}).null);
  CHECK(client.call({"CLIENT", "LIST"}).text.find(" flags=O ") == std::string::npos);
}

TEST_CASE("a monitor is not idle, however quiet it is") {
  Served<RedisShards> served({"timeouts: { idle: 300ms }"});
  RespClient monitor = served.proxy.client();
  CHECK(monitor.call({"MONITOR"}).text == "OK");
  CHECK(served.proxy.client().closed());
  RespClient client = served.proxy.client();
  CHECK(client.call({"PING", "1"}).text == "1");
  CHECK(lines(monitor, 1) == std::vector<std::string>{"[0] \"PING\" \"1\""});
}

TEST_CASE("a monitor that takes nothing is closed at the output limit, and others are served") {
  Served<RedisShards> served({"limits: { output_buffer: 1MiB }"});
  RespClient client = served.proxy.client();
  RespClient monitor = served.proxy.client();
  CHECK(monitor.call({"MONITOR"}).text == "OK");
  const Command large = {"SET", "key", std::string(256 * 1024, 'x')};
  CHECK(eventually([&] {
    for (int i = 0; i < 20; ++i) client.call(large);
    return client.call({"CLIENT", "LIST"}).text.find(" flags=O ") == std::string::npos;
  }));
  CHECK(client.call({"GET", "key"}).text.size() == 256 * 1024);
}

TEST_CASE("above ten thousand commands a second a monitor sees a part of them") {
  Served<RedisShards> served;
  RespClient monitor = served.proxy.client();
  RespClient client = served.proxy.client();
  CHECK(monitor.call({"MONITOR"}).text == "OK");
  constexpr size_t kAtOnce = 50'000;
  std::string bytes;
  for (size_t i = 0; i < kAtOnce; ++i) bytes += encode_request({"PING", "x"});
  size_t seen = 0;
  std::thread reading([&] {
    while (!monitor.receive().text.ends_with("\"end\"")) ++seen;
  });
  // All in one second, but for a machine that stands still: then the sample is larger.
  const auto begin = Clock::now();
  client.exchange(bytes, kAtOnce);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
  // Once the rate has fallen everything is shown again.
  std::this_thread::sleep_for(milliseconds(2100));
  client.call({"ECHO", "end"});
  reading.join();
  CHECK(seen >= 10'000);
  CHECK(seen <= 10'000 * static_cast<size_t>(seconds.count() + 2));
}

}  // namespace slotway::tests
