// What the proxy answers itself: commands about the connection and about the server it presents.
// Where the store must answer alike, the cases are over both.

#include <doctest/doctest.h>

#include <cctype>
#include <cstdlib>
#include <ctime>
#include <set>

#include "tests/e2e/conversation.h"
#include "tests/e2e/servers.h"
#include "tests/e2e/text_field.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

namespace {

// A pool that asks its clients for a password.
struct Guarded {
  Guarded()
      : proxy({.shards = three_entries({"embedded", "embedded", "embedded"}),
               .pool = {"auth: { password_file: " + files.write("pass", "secret\n") + " }"}}) {}

  TempDir files;
  ProxyProcess proxy;
};

}  // namespace

TEST_CASE("PING, ECHO and TIME") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"PING"}).to_string() == "+PONG");
  CHECK(client.call({"PING", "hello"}).to_string() == "$hello");
  CHECK(client.call({"PING", "x", "y"}).text == "ERR wrong number of arguments for 'ping' command");
  CHECK(client.call({"ECHO", "words"}).to_string() == "$words");
  const RespValue now = client.call({"TIME"});
  REQUIRE(now.items.size() == 2);
  CHECK(std::abs(std::stoll(now.items[0].text) - std::time(nullptr)) <= 2);
  CHECK(std::stoll(now.items[1].text) < 1'000'000);
}

TEST_CASE("QUIT answers and drops what comes behind it") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  client.send(encode_request({"SET", "before", "1"}) + encode_request({"QUIT"}) +
              encode_request({"SET", "behind", "1"}) + encode_request({"PING"}));
  CHECK(client.receive_until_end() == "+OK\r\n+OK\r\n");
  CHECK(served.proxy.client().call({"EXISTS", "before", "behind"}).integer() == 1);
}

TEST_CASE("HELLO tells who answers") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  for (const Command& command : std::vector<Command>{{"HELLO"}, {"HELLO", "2"}}) {
    const RespValue hello = client.call(command);
    REQUIRE(hello.type == '*');
    REQUIRE(hello.items.size() == 14);
    CHECK(hello.find("server")->text == "redis");
    CHECK(hello.find("proto")->integer() == 2);
    CHECK(hello.find("mode")->text == "standalone");
    CHECK(hello.find("role")->text == "master");
    CHECK(hello.find("id")->integer() == client.call({"CLIENT", "ID"}).integer());
  }
  CHECK(client.call({"HELLO", "4"}).text == "NOPROTO unsupported protocol version");
  CHECK(client.call({"HELLO", "two"}).is_error());
  CHECK(client.call({"HELLO", "2", "SETNAME", "me"}).items.size() == 14);
  CHECK(client.call({"CLIENT", "GETNAME"}).text == "me");
  CHECK(client.call({"HELLO", "2", "SETNAME", "not me"}).is_error());
  CHECK(client.call({"HELLO", "2", "WHATEVER"}).is_error());
  CHECK(client.call({"PING"}).text == "PONG");
}

TEST_CASE("CLIENT describes the own connection") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  RespClient other = served.proxy.client();
  const int64_t id = client.call({"CLIENT", "ID"}).integer();
  CHECK(other.call({"CLIENT", "ID"}).integer() != id);
  CHECK(client.call({"CLIENT", "GETNAME"}).null);
  CHECK(client.call({"CLIENT", "SETNAME", "worker-7"}).text == "OK");
  CHECK(client.call({"CLIENT", "GETNAME"}).text == "worker-7");
  CHECK(client.call({"CLIENT", "SETNAME", "two words"}).is_error());
  CHECK(client.call({"CLIENT", "SETINFO", "LIB-NAME", "lib"}).text == "OK");
  CHECK(client.call({"CLIENT", "SETINFO", "lib-ver", "1.2"}).text == "OK");
  CHECK(client.call({"CLIENT", "SETINFO", "lib-colour", "red"}).is_error());
  CHECK(client.call({"CLIENT", "NO-EVICT", "ON"}).text == "OK");
  const std::string info = client.call({"CLIENT", "INFO"}).text;
  CHECK(field_of(info, "id=") == std::to_string(id));
  CHECK(field_of(info, " addr=") == "127.0.0.1:" + std::to_string(client.socket().local_port()));
  CHECK(field_of(info, " name=") == "worker-7");
  CHECK(field_of(info, " lib-name=") == "lib");
  CHECK(field_of(info, " lib-ver=") == "1.2");
  CHECK(client.call({"RESET"}).text == "RESET");
  CHECK(client.call({"CLIENT", "GETNAME"}).null);
  CHECK(client.call({"CLIENT", "NOSUCH"}).is_error());
  CHECK(client.call({"CLIENT"}).is_error());
  CHECK(client.call({"CLIENT", "HELP"}).to_string().find("TRACKINGINFO") != std::string::npos);
}

TEST_CASE("CLIENT is answered as by redis-server, byte for byte") {
  RedisServer redis;
  Served<RedisShards> served;
  const std::vector<Command> commands = {{"CLIENT", "KILL"},
                                         {"CLIENT", "KILL", "ID"},
                                         {"CLIENT", "KILL", "1:1"},
                                         {"CLIENT", "KILL", "ID", "abc", "TYPE"},
                                         {"CLIENT", "KILL", "ID", "0"},
                                         {"CLIENT", "KILL", "ID", "99999999999999999999", "TYPE"},
                                         {"CLIENT", "KILL", "ID", "123456", "TYPE", "nosuch"},
                                         {"CLIENT", "KILL", "TYPE", "nosuch", "ID", "abc"},
                                         {"CLIENT", "KILL", "SKIPME", "maybe", "ID", "1"},
                                         {"CLIENT", "KILL", "USER", "nosuch", "ID"},
                                         {"CLIENT", "KILL", "FOO", "bar"},
                                         {"CLIENT", "KILL", "ADDR", "1.2.3.4:1"},
                                         {"CLIENT", "KILL", "LADDR", "1.2.3.4:1", "SKIPME", "no"},
                                         {"CLIENT", "KILL", "TYPE", "normal", "TYPE", "master"},
                                         {"CLIENT", "LIST", "FOO"},
                                         {"CLIENT", "LIST", "ID"},
                                         {"CLIENT", "LIST", "ID", "0", "-5"},
                                         {"CLIENT", "LIST", "ID", "123456", "abc"},
                                         {"CLIENT", "LIST", "TYPE"},
                                         {"CLIENT", "LIST", "TYPE", "nosuch"},
                                         {"CLIENT", "LIST", "TYPE", "master"},
                                         {"CLIENT", "LIST", "TYPE", "pubsub"},
                                         {"CLIENT", "NO-EVICT", "on"},
                                         {"CLIENT", "NO-EVICT", "maybe"},
                                         {"CLIENT", "REPLY", "maybe"},
                                         {"CLIENT", "REPLY", "on"},
                                         {"CLIENT", "SETNAME", "a b"},
                                         {"CLIENT", "NOSUCH"},
                                         {"CLIENT"}};
  for (const int version : {2, 3}) {
    CHECK(conversation(served.proxy.port(), commands, version) ==
          conversation(redis.port(), commands, version));
  }
}

TEST_CASE("CLIENT REPLY leaves out the replies it is told to") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  const std::string set = encode_request({"SET", "key", "value"});
  const std::string mget = encode_request({"MGET", key_of_shard(0), key_of_shard(1)});
  client.send(encode_request({"CLIENT", "REPLY", "SKIP"}) + set + encode_request({"ECHO", "1"}));
  CHECK(client.receive().text == "1");
  client.send(encode_request({"CLIENT", "REPLY", "OFF"}) + set + mget + encode_request({"NOSUCH"}) +
              encode_request({"CLIENT", "REPLY", "SKIP"}) + mget +
              encode_request({"CLIENT", "REPLY", "ON"}) + encode_request({"GET", "key"}));
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "value");
  CHECK(client.call({"CLIENT", "REPLY", "MAYBE"}).is_error());
  // RESET ends OFF; SKIP is for RESET itself.
  client.send(encode_request({"CLIENT", "REPLY", "OFF"}) + encode_request({"RESET"}) +
              encode_request({"CLIENT", "REPLY", "SKIP"}) + encode_request({"RESET"}) +
              encode_request({"ECHO", "2"}));
  CHECK(client.receive().text == "RESET");
  CHECK(client.receive().text == "2");
}

TEST_CASE("COMMAND describes what is served") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  const int64_t count = client.call({"COMMAND", "COUNT"}).integer();
  CHECK(count > 100);
  CHECK(client.call({"COMMAND"}).items.size() == static_cast<size_t>(count));
  const auto names = client.call({"COMMAND", "LIST"}).texts();
  const std::set<std::string> all(names.begin(), names.end());
  CHECK(all.contains("get"));
  CHECK(!all.contains("sync"));
  const RespValue get = client.call({"COMMAND", "INFO", "get", "nosuch"});
  REQUIRE(get.items.size() == 2);
  CHECK(get.items[0].items.at(0).text == "get");
  CHECK(get.items[0].items.at(1).integer() == 2);
  CHECK(get.items[1].null);
  const RespValue docs = client.call({"COMMAND", "DOCS", "mget"});
  REQUIRE(docs.items.size() == 2);
  CHECK(docs.items[0].text == "mget");
  CHECK(docs.items[1].find("summary") != nullptr);
  CHECK(client.call({"COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"}).to_string() == "*2[$a $b]");
  CHECK(client.call({"COMMAND", "GETKEYS", "PING"}).is_error());
}

TEST_CASE_TEMPLATE("COMMAND INFO and DOCS of more names than there are commands are refused",
                   Server, EVERY_SERVER) {
  constexpr size_t kNames = 100'000;
  Server server;
  Bystander bystander(server.port());
  REQUIRE(bystander.is_served());
  const size_t before = server.process().rss_bytes();
  RespClient client(server.port());
  for (const char* subcommand : {"INFO", "DOCS"}) {
    Command command{"COMMAND", subcommand};
    command.resize(2 + kNames, "get");
    CHECK(client.call(command).text.starts_with("ERR too many command names: there are "));
    CHECK(client.call({"COMMAND", subcommand, "get", "set"}).type == '*');
  }
  CHECK(bystander.is_served());
  // The request itself, and not 350 bytes of reply for each name.
  if (!kSanitized) CHECK(server.process().rss_bytes() < before + 16 * (1 << 20));
}

TEST_CASE("CLUSTER, CONFIG GET and INFO describe the proxy") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"CLUSTER", "KEYSLOT", "foo"}).integer() == 12182);
  CHECK(client.call({"CLUSTER", "KEYSLOT", "{foo}bar"}).integer() == 12182);
  const std::string cluster = client.call({"CLUSTER", "INFO"}).text;
  CHECK(field_of(cluster, "cluster_state:") == "ok");
  CHECK(field_of(cluster, "cluster_slots_assigned:") == "16384");
  CHECK(client.call({"CONFIG", "GET", "save"}).to_string() == "*2[$save $]");
  CHECK(client.call({"CONFIG", "GET", "appendonly"}).to_string() == "*2[$appendonly $no]");
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).to_string() == "*2[$maxclients $10000]");

  client.call({"MSET", key_of_shard(0), "1", key_of_shard(1), "2", key_of_shard(2), "3"});
  const std::string info = client.call({"INFO"}).text;
  for (const char* section : {"# Server", "# Clients", "# Stats", "# Shards", "# Keyspace"}) {
    CHECK(info.find(section) != std::string::npos);
  }
  CHECK(field_of(info, "connected_clients:") == "1");
  CHECK(field_of(info, "shard_a:").starts_with("address=embedded,connections=4"));
  CHECK(field_of(info, "db0:").starts_with("keys=3,"));
  const std::string clients = client.call({"INFO", "clients"}).text;
  CHECK(clients.starts_with("# Clients"));
  CHECK(clients.find("# Server") == std::string::npos);
}

TEST_CASE("unknown and refused commands are named") {
  Served<EmbeddedShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"NOSUCH", "x"}).text ==
        "ERR unknown command 'NOSUCH', with args beginning with: 'x' ");
  CHECK(client.call({"CONFIG", "NOSUCH"}).text.starts_with("ERR unknown subcommand 'NOSUCH'"));
  for (const Command& command : std::vector<Command>{
           {"SYNC"}, {"MIGRATE", "h", "1", "k", "0", "1"}, {"SHUTDOWN"}, {"DEBUG", "SEGFAULT"}}) {
    const std::string text = client.call(command).text;
    CAPTURE(text);
    CHECK(text.starts_with("ERR "));
    CHECK(text.find("not supported by this proxy") != std::string::npos);
    std::string name = command[0];
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(served.proxy.metric_reaches(1, "slotway_unknown_commands_total"));
}

TEST_CASE("a guarded pool asks for its password") {
  Guarded guarded;
  RespClient client = guarded.proxy.client();
  for (const Command& command :
       std::vector<Command>{{"PING"}, {"GET", "key"}, {"MGET", "a", "b"}, {"INFO"}, {"DBSIZE"}}) {
    CHECK(client.call(command).text == "NOAUTH Authentication required.");
  }
  CHECK(client.call({"HELLO", "2"}).text.starts_with("NOAUTH "));
  CHECK(client.call({"AUTH", "wrong"}).text.starts_with("WRONGPASS "));
  CHECK(client.call({"AUTH", "someone", "secret"}).text.starts_with("WRONGPASS "));
  CHECK(client.call({"GET", "key"}).text.starts_with("NOAUTH "));
  CHECK(client.call({"AUTH", "secret"}).text == "OK");
  CHECK(client.call({"SET", "key", "value"}).text == "OK");
  CHECK(client.call({"AUTH", "wrong"}).text.starts_with("WRONGPASS "));
  CHECK(client.call({"GET", "key"}).text == "value");  // it stays authenticated
  CHECK(client.call({"RESET"}).text == "RESET");
  CHECK(client.call({"GET", "key"}).text.starts_with("NOAUTH "));
  CHECK(client.call({"HELLO", "2", "AUTH", "default", "secret"}).items.size() == 14);
  CHECK(client.call({"AUTH", "default", "secret"}).text == "OK");
  CHECK(client.call({"GET", "key"}).text == "value");
  RespClient quitting = guarded.proxy.client();
  quitting.request({"QUIT"});
  CHECK(quitting.receive_until_end() == "+OK\r\n");
}

TEST_CASE("AUTH and HELLO are answered as by redis-server, where there is a password") {
  const RedisServer redis({"--requirepass", "secret"});
  Guarded guarded;
  const StoreProcess store({"--requirepass", "secret"});
  const std::vector<std::vector<Command>> sessions = {
      {{"HELLO"}, {"HELLO", "2"}, {"PING"}},
      {{"HELLO", "2", "SETNAME", "me"}, {"AUTH", "secret"}, {"CLIENT", "GETNAME"}},
      {{"HELLO", "2", "SETNAME", "two words"}, {"HELLO", "2", "AUTH", "default"}},
      {{"HELLO", "two"}, {"HELLO", "1"}, {"HELLO", "4"}, {"HELLO", "9223372036854775808"}},
      {{"AUTH"}, {"AUTH", "wrong"}, {"AUTH", "default", "wrong"}, {"AUTH", "someone", "secret"}},
      {{"AUTH", "default", "secret", "more"}, {"AUTH", "Default", "secret"}, {"AUTH", ""}},
      {{"AUTH", "secret"}, {"PING"}, {"AUTH", "wrong"}, {"PING"}, {"RESET"}, {"PING"}},
      {{"AUTH", "default", "secret"}, {"PING"}},
      {{"HELLO", "2", "AUTH", "default", "wrong"}, {"PING"}},
      {{"HELLO", "2", "AUTH", "default", "secret"}, {"PING"}},
      {{"HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me"}, {"CLIENT", "GETNAME"}},
      {{"HELLO", "2", "AUTH", "default", "secret", "SETNAME", "two words"}, {"PING"}},
      {{"HELLO", "2", "AUTH", "default", "secret", "NONSENSE"}, {"PING"}},
      {{"HELLO", "2", "SETNAME", "me", "AUTH", "default", "wrong"},
       {"AUTH", "secret"},
       {"CLIENT", "GETNAME"}},
  };
  for (const std::vector<Command>& session : sessions) {
    const std::string wanted = conversation(redis.port(), session);
    CHECK(conversation(guarded.proxy.port(), session) == wanted);
    CHECK(conversation(store.port(), session) == wanted);
  }
}

TEST_CASE("AUTH and HELLO are answered as by redis-server, where there is no password") {
  const RedisServer redis;
  Served<EmbeddedShards> served;
  const StoreProcess store;
  const std::vector<std::vector<Command>> sessions = {
      {{"AUTH", "x"}, {"AUTH", ""}, {"PING"}},
      {{"AUTH", "default", "x"}, {"AUTH", "default", ""}, {"AUTH", "someone", "x"}, {"PING"}},
      {{"HELLO", "2", "AUTH", "default", "x"}, {"HELLO", "2", "AUTH", "someone", "x"}},
      {{"HELLO"}, {"HELLO", "2"}, {"HELLO", "2", "setname", "me"}, {"CLIENT", "GETNAME"}},
      {{"HELLO", "2", "SETNAME", "me", "NONSENSE"}, {"CLIENT", "GETNAME"}},
      {{"HELLO", "2", "SETNAME"}, {"HELLO", "2", "SETNAME", ""}, {"CLIENT", "GETNAME"}},
  };
  for (const std::vector<Command>& session : sessions) {
    const std::string wanted = conversation(redis.port(), session);
    CHECK(conversation(served.proxy.port(), session) == wanted);
    CHECK(conversation(store.port(), session) == wanted);
  }
}

}  // namespace slotway::tests
