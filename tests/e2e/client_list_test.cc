// CLIENT INFO, LIST and KILL: which sessions they know, what they tell of them, and which they end.

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "tests/e2e/shards.h"
#include "tests/e2e/text_field.h"
#include "tests/support/free_port.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

TEST_CASE("CLIENT LIST and INFO have the fields of redis-server, in its order") {
  RedisServer redis;
  Served<EmbeddedShards> served;
  const auto names = [](RespClient& client, const std::string& subcommand) {
    const std::string text = client.call({"CLIENT", subcommand}).text;
    std::string found;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find_first_of(" \n", at), text.size());
      const std::string field = text.substr(at, end - at);
      found += field.substr(0, field.find('=')) + " ";
      if (field.starts_with("qbuf=")) found += field + " ";
      at = end + 1;
    }
    return found;
  };
  RespClient wanted(redis.port());
  RespClient client = served.proxy.client();
  for (const std::string subcommand : {"LIST", "INFO"}) {
    CHECK(names(client, subcommand).starts_with(names(wanted, subcommand)));
  }
}

TEST_CASE("CLIENT LIST shows the state of a client as redis-server does") {
  RedisServer redis;
  Served<RedisShards> served;
  const std::vector<std::vector<Command>> conversations = {
      {{"NOSUCH"}},
      {{"GET"}},
      {{"CLIENT", "NOSUCH"}},
      {{"MULTI"}, {"GET", "key"}},
      {{"WATCH", "key"}},
      {{"SELECT", "3"}},
      {{"SUBSCRIBE", "channel"}},
      {{"CLIENT", "NO-EVICT", "on"}, {"RESET"}}};
  const auto state = [](uint16_t port, const std::vector<Command>& commands) {
    RespClient client(port);
    const std::string id = std::to_string(client.call({"CLIENT", "ID"}).integer());
    for (const Command& command : commands) client.call(command);
    const std::string line = RespClient(port).call({"CLIENT", "LIST", "ID", id}).text;
    std::string shown;
    for (const std::string name :
         {"name", "flags", "db", "sub", "psub", "ssub", "multi", "cmd", "user", "redir", "resp"}) {
      shown += name + "=" + field_of(line, " " + name + "=") + " ";
    }
    return shown;
  };
  for (const auto& commands : conversations) {
    CHECK(state(served.proxy.port(), commands) == state(redis.port(), commands));
  }
  // Inside of EXEC, too.
  for (const uint16_t port : {served.proxy.port(), redis.port()}) {
    RespClient client(port);
    for (const Command& command : {Command{"MULTI"}, {"CLIENT", "INFO"}}) client.call(command);
    const RespValue replies = client.call({"EXEC"});
    CHECK(field_of(replies.items.at(0).text, " flags=") == "x");
  }
}

TEST_CASE("CLIENT LIST and KILL by TYPE tell subscribers from others") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient listens = served.proxy.client();
  const std::string id = std::to_string(listens.call({"CLIENT", "ID"}).integer());
  listens.call({"SUBSCRIBE", "channel"});
  const std::string pubsub = client.call({"CLIENT", "LIST", "TYPE", "pubsub"}).text;
  CHECK(pubsub.starts_with("id=" + id + " "));
  CHECK(std::count(pubsub.begin(), pubsub.end(), '\n') == 1);
  const std::string normal = client.call({"CLIENT", "LIST", "TYPE", "normal"}).text;
  CHECK(normal.find("id=" + id + " ") == std::string::npos);
  CHECK(std::count(normal.begin(), normal.end(), '\n') == 1);
  CHECK(client.call({"CLIENT", "KILL", "TYPE", "pubsub"}).integer() == 1);
  CHECK(listens.closed());
}

TEST_CASE("CLIENT LIST and KILL reach the sessions of all workers") {
  Served<EmbeddedShards> served;
  std::vector<RespClient> clients;
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(served.proxy.client());
    ids.push_back(std::to_string(clients.back().call({"CLIENT", "ID"}).integer()));
  }
  const std::string list = clients[0].call({"CLIENT", "LIST"}).text;
  for (const std::string& id : ids) CHECK(list.find("id=" + id + " ") != std::string::npos);
  const std::string two = clients[0].call({"CLIENT", "LIST", "ID", ids[1], ids[2]}).text;
  CHECK(std::count(two.begin(), two.end(), '\n') == 2);
  CHECK(clients[0].call({"CLIENT", "LIST", "TYPE", "pubsub"}).text.empty());

  CHECK(clients[0].call({"CLIENT", "KILL", "ID", ids[1]}).integer() == 1);
  CHECK(clients[1].closed());
  CHECK(clients[0].call({"CLIENT", "KILL", "ID", ids[1]}).integer() == 0);
  const std::string address = "127.0.0.1:" + std::to_string(clients[2].socket().local_port());
  CHECK(clients[0].call({"CLIENT", "KILL", address}).text == "OK");
  CHECK(clients[2].closed());
  CHECK(clients[0].call({"CLIENT", "KILL", address}).text == "ERR No such client");
  CHECK(clients[0].call({"CLIENT", "KILL", "ID", ids[0]}).integer() == 0);  // SKIPME yes
  CHECK(clients[0].call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).integer() == 3);
  for (size_t i = 3; i < 6; ++i) CHECK(clients[i].closed());
  clients[0].request({"CLIENT", "KILL", "ID", ids[0], "SKIPME", "no"});
  CHECK(clients[0].receive_until_end() == ":1\r\n");
  CHECK(served.proxy.metric_reaches(6, "slotway_client_disconnects_total", "reason=\"killed\""));
}

TEST_CASE(
    "CLIENT LIST has the oldest client first, or the order of the ids, and none that is gone") {
  Served<EmbeddedShards> served;
  std::vector<RespClient> clients;
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(served.proxy.client());
    ids.push_back(std::to_string(clients.back().call({"CLIENT", "ID"}).integer()));
  }
  const auto listed = [](const std::string& text) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) found.push_back(field_of(line, "id="));
    return found;
  };
  CHECK(listed(clients[0].call({"CLIENT", "LIST"}).text) == ids);
  CHECK(
      listed(clients[0].call({"CLIENT", "LIST", "ID", ids[5], ids[2], "0", ids[5], ids[3]}).text) ==
      std::vector<std::string>{ids[5], ids[2], ids[3]});
  for (size_t i = 1; i < ids.size(); ++i) {
    const auto replies =
        clients[0].exchange(encode_request({"CLIENT", "KILL", "ID", "99999", "ID", ids[i]}) +
                                encode_request({"CLIENT", "LIST", "ID", ids[i]}),
                            2);
    CHECK(replies[0] == ":1\r\n");
    CHECK(replies[1] == "$0\r\n\r\n");
  }
}

TEST_CASE("of a pipeline nothing is carried out behind the end of its client") {
  Served<RedisShards> served;
  RespClient other = served.proxy.client();
  const std::string set = encode_request({"SET", "key", "x"});
  for (int i = 0; i < 20; ++i) {
    RespClient client = served.proxy.client();
    const std::string address = "127.0.0.1:" + std::to_string(client.socket().local_port());
    client.send(encode_request({"CLIENT", "KILL", address}) + set);
    CHECK(client.receive_until_end() == "+OK\r\n");
    RespClient second = served.proxy.client();
    second.send(
        encode_request({"CLIENT", "KILL", "LADDR",
                        "127.0.0.1:" + std::to_string(served.proxy.port()), "ID",
                        std::to_string(second.call({"CLIENT", "ID"}).integer()), "SKIPME", "no"}) +
        set);
    CHECK(second.receive_until_end() == ":1\r\n");
  }
  CHECK(other.call({"EXISTS", "key"}).integer() == 0);
}

TEST_CASE("CLIENT LIST and KILL know only the pool that is asked") {
  const uint16_t ports[] = {free_port(), free_port()};
  std::string yaml = "admin: off\nworkers: 2\npools:\n";
  for (const uint16_t port : ports) {
    yaml += "  p" + std::to_string(port) + ":\n    listen: 127.0.0.1:" + std::to_string(port) +
            "\n    shards: { a: { primary: embedded } }\n";
  }
  const TempDir directory;
  Process proxy({SLOTWAY_PATH, "--config", directory.write("slotway.yaml", yaml)});
  REQUIRE(proxy.wait_for_output("serves"));
  RespClient guarded(ports[0]);
  RespClient curious(ports[1]);
  CHECK(guarded.call({"CLIENT", "SETNAME", "guarded"}).text == "OK");
  CHECK(guarded.call({"SET", "key", "1"}).text == "OK");
  const std::string list = curious.call({"CLIENT", "LIST"}).text;
  CHECK(std::count(list.begin(), list.end(), '\n') == 1);
  CHECK(list.find("guarded") == std::string::npos);
  CHECK(curious.call({"CLIENT", "KILL", "TYPE", "normal"}).integer() == 0);
  CHECK(guarded.call({"GET", "key"}).text == "1");
  CHECK(curious.call({"GET", "key"}).to_string() ==
        "$null");  // shards of the same name, but another pool's
  proxy.signal(SIGTERM);
  CHECK(proxy.wait_exit() == 0);
}

}  // namespace slotway::tests
