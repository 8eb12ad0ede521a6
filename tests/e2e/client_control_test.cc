// CLIENT PAUSE, UNPAUSE and UNBLOCK: what one client does to the commands of the others.

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"
#include "tests/support/fake_backend.h"

namespace slotway::tests {

namespace {

// Whether so many of the proxy's clients come to wait, by CLIENT LIST.
bool waiting_come_to(RespClient& client, int count) {
  return eventually([&] {
    const std::string list = client.call({"CLIENT", "LIST"}).text;
    int found = 0;
    for (const std::string flags : {" flags=b ", " flags=xb "}) {
      for (size_t at = 0; (at = list.find(flags, at)) != std::string::npos; ++at) ++found;
    }
    return found == count;
  });
}

// One client of each worker, and more.
std::vector<std::unique_ptr<RespClient>> many_clients(const ProxyProcess& proxy, size_t count) {
  std::vector<std::unique_ptr<RespClient>> clients;
  for (size_t i = 0; i < count; ++i) clients.push_back(std::make_unique<RespClient>(proxy.port()));
  return clients;
}

}  // namespace

TEST_CASE("a pause of writes holds what may reach replicas, of the clients of all workers") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"SET", "key", "before"});
  client.call({"FUNCTION", "LOAD",
               "#!lua name=f\n"
               "redis.register_function{function_name='reads', flags={'no-writes'}, "
               "callback=function() return 'read' end}\n"
               "redis.register_function('writes', function() return 'write' end)"});
  const std::string early = client.call({"SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 5"}).text;
  const auto held = many_clients(served.proxy, 9);
  CHECK(client.call({"CLIENT", "PAUSE", "100000", "WRITE"}).text == "OK");
  const std::vector<Command> writes = {{"SET", "key", "after"},
                                       {"MSET", key_of_shard(0), "1", key_of_shard(1), "2"},
                                       {"FLUSHALL"},
                                       {"PFCOUNT", "none"},
                                       {"EVAL", "return 1", "0"},
                                       {"EVAL", "#!lua\nreturn 1", "0"},
                                       {"BLPOP", "list", "0.01"},
                                       {"FCALL", "writes", "0"},
                                       {"GETEX", "none"}};
  for (size_t i = 0; i < writes.size(); ++i) held[i]->request(writes[i]);
  CHECK(waiting_come_to(client, static_cast<int>(writes.size())));
  CHECK(client.call({"GET", "key"}).text == "before");
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(client.call({"EVAL", "#!lua flags=allow-stale,no-writes\nreturn 7", "0"}).integer() == 7);
  CHECK(client.call({"EVAL_RO", "return 8", "0"}).integer() == 8);
  const std::string sha = client.call({"SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 9"}).text;
  CHECK(client.call({"EVALSHA", sha, "0"}).integer() == 9);
  CHECK(client.call({"EVALSHA", early, "0"}).integer() == 5);
  CHECK(client.call({"FCALL", "reads", "0"}).text == "read");
  CHECK(client.call({"SET", "key"}).text.starts_with("ERR wrong number"));
  for (const auto& each : held) CHECK(each->silent_for(milliseconds(0)));
  CHECK(client.call({"CLIENT", "UNPAUSE"}).text == "OK");
  for (const auto& each : held) each->receive();
  CHECK(waiting_come_to(client, 0));
}

TEST_CASE("a transaction is held at EXEC if it writes") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient reader = served.proxy.client();
  RespClient writer = served.proxy.client();
  for (const Command& command : {Command{"MULTI"}, {"GET", "key"}}) reader.call(command);
  for (const Command& command : {Command{"MULTI"}, {"SET", "key", "v"}}) writer.call(command);
  client.call({"CLIENT", "PAUSE", "100000", "WRITE"});
  CHECK(reader.call({"EXEC"}).items.size() == 1);
  writer.request({"EXEC"});
  CHECK(waiting_come_to(client, 1));
  // As by Redis, also what is to be queued waits.
  RespClient late = served.proxy.client();
  late.call({"MULTI"});
  late.request({"SET", "key", "w"});
  CHECK(waiting_come_to(client, 2));
  client.call({"CLIENT", "UNPAUSE"});
  CHECK(writer.receive().items[0].text == "OK");
  CHECK(late.receive().text == "QUEUED");
}

TEST_CASE("a pause of everything ends by its time, and takes in what comes right behind it") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const auto begin = Clock::now();
  client.send(encode_request({"CLIENT", "PAUSE", "300"}) + encode_request({"PING"}));
  CHECK(client.receive().text == "OK");
  RespClient other = served.proxy.client();
  other.send(encode_request({"GET", "key"}) + encode_request({"CLIENT", "UNPAUSE"}));
  CHECK(client.receive().text == "PONG");
  CHECK(other.receive().null);
  CHECK(Clock::now() - begin >= milliseconds(299));
}

TEST_CASE("a second pause makes the first stricter and longer, never less") {
  RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {{"CLIENT", "PAUSE", "100000", "WRITE"},
                                         {"CLIENT", "PAUSE", "1", "WRITE"},
                                         {"CLIENT", "PAUSE", "0", "WRITE"},
                                         {"CLIENT", "PAUSE", "x"},
                                         {"CLIENT", "PAUSE", "-1"},
                                         {"CLIENT", "PAUSE", "1", "SOME"},
                                         {"CLIENT", "PAUSE"},
                                         {"CLIENT", "PAUSE", "1", "ALL", "x"},
                                         {"CLIENT", "UNPAUSE"},
                                         {"CLIENT", "UNPAUSE", "x"},
                                         {"CLIENT", "PAUSE", "0"},
                                         {"SET", "key", "value"},
                                         {"CLIENT", "UNPAUSE"}};
  for (const int version : {2, 3}) {
    CHECK(conversation(served.proxy.port(), commands, version) ==
          conversation(redis.port(), commands, version));
  }
  RespClient client = served.proxy.client();
  RespClient writer = served.proxy.client();
  client.call({"CLIENT", "PAUSE", "100000", "WRITE"});
  client.call({"CLIENT", "PAUSE", "1", "WRITE"});
  writer.request({"SET", "key", "value"});
  CHECK(waiting_come_to(client, 1));
  CHECK(writer.silent_for(milliseconds(100)));
  client.call({"CLIENT", "UNPAUSE"});
  CHECK(writer.receive().text == "OK");
}

TEST_CASE("a client that goes away in a pause is gone at once") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"CLIENT", "PAUSE", "100000", "WRITE"});
  {
    RespClient leaves = served.proxy.client();
    leaves.request({"SET", "key", "value"});
    CHECK(waiting_come_to(client, 1));
  }
  CHECK(waiting_come_to(client, 0));
  client.call({"CLIENT", "UNPAUSE"});
  CHECK(client.call({"GET", "key"}).null);
}

TEST_CASE("a reload leaves a pause as it is") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient writer = served.proxy.client();
  client.call({"CLIENT", "PAUSE", "100000", "WRITE"});
  writer.request({"SET", "key", "value"});
  CHECK(waiting_come_to(client, 1));
  CHECK(served.proxy.reload({.shards = served.shards.entries()}));
  CHECK(client.call({"GET", "key"}).null);
  CHECK(waiting_come_to(client, 1));
  client.call({"CLIENT", "UNPAUSE"});
  CHECK(writer.receive().text == "OK");
}

TEST_CASE("UNBLOCK gives the reply of the command's time-out, or an error") {
  const std::vector<Command> waits = {{"BLPOP", "{t}l", "0"},
                                      {"BLMOVE", "{t}l", "{t}m", "LEFT", "RIGHT", "0"},
                                      {"BZPOPMIN", "{t}z", "0"},
                                      {"BLMPOP", "0", "1", "{t}l", "LEFT"},
                                      {"XREAD", "BLOCK", "0", "STREAMS", "{t}x", "$"}};
  RedisServer redis;
  Served<RedisShards> served;
  for (const int version : {2, 3}) {
    for (const Command& command : waits) {
      for (const std::string reason : {"", "TIMEOUT", "error"}) {
        CAPTURE(command[0] + " " + reason);
        std::string replies[2];
        const uint16_t ports[2] = {redis.port(), served.proxy.port()};
        for (int i = 0; i < 2; ++i) {
          RespClient waiting(ports[i], version);
          RespClient other(ports[i]);
          const std::string id = std::to_string(waiting.call({"CLIENT", "ID"}).integer());
          waiting.request(command);
          CHECK(waiting_come_to(other, 1));
          Command unblock = {"CLIENT", "UNBLOCK", id};
          if (!reason.empty()) unblock.push_back(reason);
          CHECK(other.call(unblock).integer() == 1);
          replies[i] = waiting.receive_raw();
          CHECK(waiting.call({"PING"}).text == "PONG");
          CHECK(other.call(unblock).integer() == 0);
        }
        CHECK(replies[0] == replies[1]);
      }
    }
  }
  const std::vector<Command> commands = {{"CLIENT", "UNBLOCK", "999999"},
                                         {"CLIENT", "UNBLOCK", "-1"},
                                         {"CLIENT", "UNBLOCK", "x"},
                                         {"CLIENT", "UNBLOCK", "1", "SOMEHOW"},
                                         {"CLIENT", "UNBLOCK", "x", "ERROR"},
                                         {"CLIENT", "UNBLOCK", "1", "ERROR", "x"},
                                         {"CLIENT", "UNBLOCK"}};
  CHECK(conversation(served.proxy.port(), commands) == conversation(redis.port(), commands));
}

TEST_CASE("UNBLOCK is answered where the shard does not tell who waits") {
  RedisServer shard({"--rename-command", "CLIENT", ""});
  ProxyProcess proxy({.shards = {{"a", shard.address()}}});
  RespClient waiting = proxy.client();
  RespClient client = proxy.client();
  const std::string id = std::to_string(waiting.call({"CLIENT", "ID"}).integer());
  waiting.request({"BLPOP", "list", "0"});
  CHECK(waiting_come_to(client, 1));
  CHECK(client.call({"CLIENT", "UNBLOCK", id}).integer() == 0);
}

TEST_CASE("UNBLOCK that comes late meets nobody else") {
  std::atomic<bool> is_late = false;
  std::atomic<bool> is_pushed = false;
  std::mutex mutex;
  std::map<std::string, size_t> waits_on;  // connections, by the key
  FakeBackend shard([&](FakeConnection& connection) {
    const auto wait_for = [&](const std::atomic<bool>& flag) {
      for (int i = 0; !flag && i < 10'000; ++i) connection.sleep(milliseconds(1));
    };
    while (const auto command = connection.receive()) {
      if (command->front() == "CLIENT" && (*command)[1] == "ID") {
        connection.send(":" + std::to_string(connection.number()) + "\r\n");
      } else if (command->front() == "CLIENT") {
        is_late = true;
        wait_for(is_pushed);
        connection.send(":0\r\n");
      } else if (command->front() == "BLPOP") {
        {
          const std::lock_guard lock(mutex);
          waits_on[(*command)[1]] = connection.number();
        }
        wait_for(is_late);
        connection.send("*-1\r\n");
      }
    }
  });
  ProxyProcess proxy({.shards = {{"a", shard.address()}}, .workers = 1});
  RespClient waiting = proxy.client();
  RespClient client = proxy.client();
  const std::string id = std::to_string(waiting.call({"CLIENT", "ID"}).integer());
  waiting.request({"BLPOP", "first", "0"});
  CHECK(waiting_come_to(client, 1));
  client.request({"CLIENT", "UNBLOCK", id});
  CHECK(waiting.receive().null);
  CHECK(waiting.call({"BLPOP", "second", "0"}).null);
  is_pushed = true;
  CHECK(client.receive().integer() == 0);
  CHECK(waits_on["first"] != waits_on["second"]);
}

TEST_CASE("UNBLOCK reaches the clients of every worker, and loses no element") {
  Served<RedisShards> served;
  const auto waiting = many_clients(served.proxy, 12);
  RespClient client = served.proxy.client();
  std::vector<std::string> ids;
  for (const auto& each : waiting) {
    ids.push_back(std::to_string(each->call({"CLIENT", "ID"}).integer()));
    each->request({"BLPOP", "list", "0"});
  }
  CHECK(waiting_come_to(client, 12));
  for (size_t i = 0; i < waiting.size(); i += 2) {
    CHECK(client.call({"CLIENT", "UNBLOCK", ids[i]}).integer() == 1);
  }
  for (size_t i = 0; i < waiting.size(); i += 2) CHECK(waiting[i]->receive().null);
  for (size_t i = 1; i < waiting.size(); i += 2) client.call({"RPUSH", "list", "v"});
  for (size_t i = 1; i < waiting.size(); i += 2) CHECK(waiting[i]->receive().items.size() == 2);
  CHECK(client.call({"LLEN", "list"}).integer() == 0);
}

}  // namespace slotway::tests
