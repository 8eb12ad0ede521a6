// Clients in cluster mode, to which the proxy is the one node of a cluster: CLUSTER and its kin,
// held against a redis-server in cluster mode.

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <thread>

#include "tests/e2e/shards.h"
#include "tests/support/free_port.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

namespace {

// A cluster of one redis-server that owns all slots and knows its address.
struct RedisCluster {
  RedisCluster()
      : server({"--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1",
                "--cluster-announce-bus-port", "1"}) {
    RespClient client(server.port());
    REQUIRE(client.call({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}).text == "OK");
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (client.call({"CLUSTER", "INFO"}).text.find("cluster_state:ok") == std::string::npos) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  RedisServer server;
};

// A reply as one line, in which the server's id and ports are replaced by words.
std::string shape(RespClient& client, const Command& command, uint16_t port) {
  std::string text = client.call(command).to_string();
  const std::map<std::string, std::string> names = {{client.call({"CLUSTER", "MYID"}).text, "ID"},
                                                    {std::to_string(port), "PORT"},
                                                    {"@1 ", "@0 "}};
  for (const auto& [name, word] : names) {
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      text.replace(at, name.size(), word);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("CLUSTER is answered as by a cluster of one redis-server") {
  const RedisCluster redis;
  Served<EmbeddedShards> served;
  for (const int protocol : {2, 3}) {
    RespClient wanted(redis.server.port(), protocol);
    RespClient client(served.proxy.port(), protocol);
    for (const Command& command : std::vector<Command>{
             {"CLUSTER", "SLOTS"},
             {"CLUSTER", "SHARDS"},
             {"CLUSTER", "NODES"},
             {"CLUSTER", "INFO"},
             {"CLUSTER", "MYID"},
             {"CLUSTER", "LINKS"},
             {"CLUSTER", "KEYSLOT", "foo"},
             {"CLUSTER", "KEYSLOT", "{foo}bar"},
             {"CLUSTER", "REPLICAS", "nobody"},
             {"CLUSTER", "COUNTKEYSINSLOT", "0"},
             {"CLUSTER", "COUNTKEYSINSLOT", "16384"},
             {"CLUSTER", "COUNTKEYSINSLOT", "-1"},
             {"CLUSTER", "COUNTKEYSINSLOT", "x"},
             {"CLUSTER", "GETKEYSINSLOT", "0", "10"},
             {"CLUSTER", "GETKEYSINSLOT", "0", "-1"},
             {"CLUSTER", "GETKEYSINSLOT", "16384", "1"},
             {"CLUSTER", "GETKEYSINSLOT", "0", "x"},
             {"READONLY"},
             {"READWRITE"},
             {"ASKING"},
             {"INFO", "cluster"},
         }) {
      CAPTURE(protocol);
      CAPTURE(command[0] + " " + (command.size() > 1 ? command[1] : ""));
      CHECK(shape(client, command, served.proxy.port()) ==
            shape(wanted, command, redis.server.port()));
    }
    const std::string id = client.call({"CLUSTER", "MYID"}).text;
    CHECK(id.size() == 40);
    CHECK(client.call({"CLUSTER", "REPLICAS", id}).to_string() == "*0[]");
    CHECK(served.proxy.client().call({"CLUSTER", "MYID"}).text == id);
    CHECK(client.call({"CLUSTER", "HELP"}).type == '*');
  }
}

TEST_CASE("proxies that are announced share the slots, and each serves all of them") {
  RedisShards shards;
  const uint16_t ports[] = {free_port(), free_port(), free_port()};
  std::string list = "announce: [";
  for (const uint16_t port : ports) list += "127.0.0.1:" + std::to_string(port) + ", ";
  list.resize(list.size() - 2);
  std::vector<std::unique_ptr<ProxyProcess>> proxies;
  for (const uint16_t port : ports) {
    proxies.push_back(std::make_unique<ProxyProcess>(
        ProxyOptions{.shards = shards.entries(), .pool = {list + "]"}, .port = port}));
  }
  std::vector<std::string> ids;
  for (const auto& proxy : proxies) ids.push_back(proxy->client().call({"CLUSTER", "MYID"}).text);
  CHECK(ids[0] != ids[1]);
  const std::pair<int, int> ranges[] = {{0, 5460}, {5461, 10921}, {10922, 16383}};
  for (size_t i = 0; i < 3; ++i) {
    RespClient client = proxies[i]->client();
    const RespValue slots = client.call({"CLUSTER", "SLOTS"});
    REQUIRE(slots.items.size() == 3);
    std::string nodes;
    for (size_t node = 0; node < 3; ++node) {
      CHECK(slots.items[node].items[0].integer() == ranges[node].first);
      CHECK(slots.items[node].items[1].integer() == ranges[node].second);
      CHECK(slots.items[node].items[2].items[0].text == "127.0.0.1");
      CHECK(slots.items[node].items[2].items[1].integer() == ports[node]);
      CHECK(slots.items[node].items[2].items[2].text == ids[node]);
      nodes += ids[node] + " 127.0.0.1:" + std::to_string(ports[node]) + "@0 " +
               (node == i ? "myself," : "") + "master - 0 0 0 connected " +
               std::to_string(ranges[node].first) + "-" + std::to_string(ranges[node].second) +
               "\n";
    }
    CHECK(client.call({"CLUSTER", "NODES"}).text == nodes);
    CHECK(client.call({"CLUSTER", "SHARDS"}).items.size() == 3);
    CHECK(client.call({"CLUSTER", "INFO"}).text.find("cluster_known_nodes:3\r\n") !=
          std::string::npos);
    CHECK(client.call({"CLUSTER", "REPLICAS", ids[2 - i]}).items.empty());
    // Whoever comes with a key of another proxy is served.
    for (size_t shard = 0; shard < kShards; ++shard) {
      CHECK(client.call({"INCR", key_of_shard(shard)}).integer() == static_cast<int64_t>(i + 1));
    }
  }
  const std::string port = std::to_string(ports[1]);
  CHECK(run_program({"redis-cli", "-c", "-p", port, "INCR", key_of_shard(0)}).output == "4\n");
  const Finished check = run_program({"redis-cli", "--cluster", "check", "127.0.0.1:" + port});
  CAPTURE(check.output);
  CHECK(check.output.find("[OK] All 16384 slots covered.") != std::string::npos);
  // The list may change while clients are there.
  CHECK(proxies[0]->reload({.shards = shards.entries(), .port = ports[0]}));
  CHECK(proxies[0]->client().call({"CLUSTER", "SLOTS"}).items.size() == 1);
}

TEST_CASE("a pool without all slots is no cluster that is ok") {
  ProxyProcess proxy({.shards = {{"a", "embedded", "0-99"}, {"b", "embedded", "200-16383"}},
                      .pool = {"allow_gaps: true"}});
  const std::string info = proxy.client().call({"CLUSTER", "INFO"}).text;
  CHECK(info.starts_with("cluster_state:fail\r\ncluster_slots_assigned:16284\r\n"));
}

TEST_CASE_TEMPLATE("the keys of a slot are those of the shard that owns it", Shards, StoreShards,
                   EmbeddedShards) {
  Served<Shards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    const std::string tag = "{" + key_of_shard(shard) + "}";
    const std::string slot = std::to_string(wire::slot_of_key(tag));
    client.send(encode_request({"SET", tag + "1", "x"}) + encode_request({"SET", tag + "2", "x"}) +
                encode_request({"CLUSTER", "COUNTKEYSINSLOT", slot}) +
                encode_request({"DEL", tag + "2"}) +
                encode_request({"CLUSTER", "GETKEYSINSLOT", slot, "10"}));
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().text == "OK");
    CHECK(client.receive().integer() == 2);
    CHECK(client.receive().integer() == 1);
    CHECK(client.receive().to_string() == "*1[$" + tag + "1]");
  }
}

TEST_CASE("a shard that does not know slots says so by its name") {
  Served<RedisShards> served;
  const std::string text = served.proxy.client().call({"CLUSTER", "COUNTKEYSINSLOT", "0"}).text;
  CHECK(text == "ERR shard 'a' (" + served.shards.servers[0].address() +
                    "): This instance has cluster support disabled");
}

TEST_CASE("on a Unix socket the node has no address") {
  const TempDir directory;
  const std::string path = directory.path() + "/slotway.sock";
  const ProxyProcess proxy({.shards = EmbeddedShards::entries(), .also_listen = {"unix:" + path}});
  RespClient client{Socket::connect_unix(path)};
  const std::string id = client.call({"CLUSTER", "MYID"}).text;
  CHECK(client.call({"CLUSTER", "SLOTS"}).to_string() ==
        "*1[*3[:0 :16383 *4[$ :0 $" + id + " *0[]]]]");
}

TEST_CASE_TEMPLATE("redis-py in cluster mode", Shards, EVERY_KIND) {
  Served<Shards> served;
  const Finished work =
      run_program({"/usr/bin/python3", SLOTWAY_SOURCE_DIR "/tests/e2e/redis_py_cluster.py",
                   std::to_string(served.proxy.port())});
  CAPTURE(work.output);
  CHECK(work.code == 0);
  CHECK(work.output.ends_with("done\n"));
}

TEST_CASE("redis-cli in cluster mode") {
  Served<EmbeddedShards> served;
  const std::string port = std::to_string(served.proxy.port());
  CHECK(run_program({"redis-cli", "-c", "-p", port, "SET", "key", "1"}).output == "OK\n");
  const Finished check = run_program({"redis-cli", "--cluster", "check", "127.0.0.1:" + port});
  CAPTURE(check.output);
  CHECK(check.output.find("[OK] All 16384 slots covered.") != std::string::npos);
}

}  // namespace slotway::tests
