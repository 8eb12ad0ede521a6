// INFO: the proxy as one Redis, to tools.

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

using Fields = std::map<std::string, std::string>;

// The fields of each section, by its title.
std::map<std::string, Fields> sections(const std::string& text) {
  std::map<std::string, Fields> found;
  std::string title;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find("\r\n", at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 2;
    if (line.starts_with("# ")) {
      title = line.substr(2);
      found[title];
    } else if (const size_t colon = line.find(':'); colon != std::string::npos) {
      found[title][line.substr(0, colon)] = line.substr(colon + 1);
    }
  }
  return found;
}

std::set<std::string> titles(RespClient& client, const Command& args) {
  Command command = {"INFO"};
  command.insert(command.end(), args.begin(), args.end());
  std::set<std::string> found;
  for (const auto& [title, fields] : sections(client.call(command).text)) found.insert(title);
  found.erase("Shards");  // the proxy's own
  return found;
}

int64_t number(RespClient& client, const std::string& section, const std::string& name) {
  const auto found = sections(client.call({"INFO", section}).text);
  for (const auto& [title, fields] : found) {
    if (fields.contains(name)) return std::atoll(fields.at(name).c_str());
  }
  return -1;
}

}  // namespace

TEST_CASE("INFO has the sections that redis-server has, for any arguments") {
  RedisServer redis;
  Served<RedisShards> served;
  RespClient wanted(redis.port());
  RespClient client = served.proxy.client();
  for (const Command& args : {Command{},
                              {"server"},
                              {"CLIENTS"},
                              {"Memory"},
                              {"persistence"},
                              {"stats"},
                              {"replication"},
                              {"cpu"},
                              {"modules"},
                              {"module_list"},
                              {"commandstats"},
                              {"errorstats"},
                              {"latencystats"},
                              {"cluster"},
                              {"keyspace"},
                              {"default"},
                              {"all"},
                              {"everything"},
                              {"nothing"},
                              {"cpu", "Keyspace", "server"},
                              {"default", "commandstats"},
                              {"nothing", "cluster"}}) {
    CAPTURE(encode_request(args));
    CHECK(titles(client, args) == titles(wanted, args));
  }
}

TEST_CASE("each field of redis-server's INFO is there") {
  RedisServer redis;
  Served<RedisShards> served;
  for (const int version : {2, 3}) {
    RespClient wanted(redis.port(), version);
    RespClient client(served.proxy.port(), version);
    for (RespClient* const each : {&wanted, &client}) {
      each->call({"SET", "key", "value", "EX", "1000"});
      each->call({"INCR", "key"});
      each->call({"PING"});
    }
    const auto ours = sections(client.call({"INFO", "everything"}).text);
    for (const auto& [title, fields] : sections(wanted.call({"INFO", "everything"}).text)) {
      for (const auto& [name, value] : fields) {
        CAPTURE(title + " " + name);
        REQUIRE(ours.contains(title));
        CHECK(ours.at(title).contains(name));
        CHECK(
            !(ours.at(title).contains(name) && ours.at(title).at(name).empty() && !value.empty()));
      }
    }
  }
}

TEST_CASE("the data is that of all shards") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    client.call({"SET", key_of_shard(shard), "value", "EX", "1000"});
    client.call({"SET", key_of_shard(shard, 1), "value"});
    client.call({"GET", key_of_shard(shard)});
  }
  client.call({"SELECT", "5"});
  client.call({"SET", key_of_shard(0), "value"});
  client.call({"SET", key_of_shard(1), "value"});
  const auto found = sections(client.call({"INFO"}).text);
  CHECK(found.at("Keyspace").at("db0").starts_with("keys=6,expires=3,avg_ttl="));
  CHECK(found.at("Keyspace").at("db5") == "keys=2,expires=0,avg_ttl=0");
  CHECK(found.at("Stats").at("keyspace_hits") == "3");
  CHECK(found.at("Persistence").at("rdb_changes_since_last_save") == "8");
  int64_t memory = 0;
  for (const RedisServer& server : served.shards.servers) {
    RespClient shard(server.port());
    memory += number(shard, "memory", "used_memory");
  }
  const int64_t ours = std::atoll(found.at("Memory").at("used_memory").c_str());
  CHECK(ours > memory / 2);
  CHECK(ours < memory * 2);
}

TEST_CASE("clients and what they ask for are the proxy's") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  RespClient blocked = served.proxy.client();
  RespClient paused = served.proxy.client();
  blocked.request({"BLPOP", "list", "0"});
  CHECK(eventually([&] { return number(client, "clients", "blocked_clients") == 1; }));
  client.call({"CLIENT", "PAUSE", "100000", "WRITE"});
  paused.request({"SET", "key", "value"});
  CHECK(eventually([&] { return number(client, "clients", "blocked_clients") == 2; }));
  CHECK(number(client, "default", "blocked_clients") == 2);  // not the shards' as well
  CHECK(number(client, "clients", "connected_clients") == 3);
  client.call({"CLIENT", "UNPAUSE"});
  paused.receive();
  const auto stats = sections(client.call({"INFO", "commandstats"}).text).at("Commandstats");
  CHECK(stats.at("cmdstat_set").starts_with("calls=1,usec="));
  CHECK(stats.at("cmdstat_client|pause").ends_with(",rejected_calls=0,failed_calls=0"));
  const auto latency = sections(client.call({"INFO", "latencystats"}).text).at("Latencystats");
  CHECK(latency.at("latency_percentiles_usec_set").starts_with("p50="));
}

TEST_CASE("INFO commandstats counts what shards carry out as they do, from scripts as well") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    const std::string key = key_of_shard(shard);
    client.call({"SET", key, "value"});
    client.call({"EVAL", "return redis.call('INCR', KEYS[1])", "1", key});
  }
  for (const Command& which : {Command{"INFO", "commandstats"}, {"INFO", "everything"}}) {
    const auto found = sections(client.call(which).text).at("Commandstats");
    CHECK(found.at("cmdstat_set").starts_with("calls=3,usec="));
    CHECK(found.at("cmdstat_set").ends_with(",rejected_calls=0,failed_calls=0"));
    CHECK(found.at("cmdstat_incr").ends_with(",rejected_calls=0,failed_calls=3"));
    CHECK(found.at("cmdstat_eval").ends_with(",rejected_calls=0,failed_calls=3"));
  }
}

TEST_CASE("INFO knows of the errors inside of scripts") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  client.call({"CONFIG", "RESETSTAT"});
  client.call({"EVAL", "redis.pcall('SELECT', 99) return 1", "0"});
  CHECK(number(client, "stats", "total_error_replies") == 1);
  const auto found = sections(client.call({"INFO", "commandstats"}).text).at("Commandstats");
  CHECK(found.at("cmdstat_select").ends_with(",rejected_calls=0,failed_calls=1"));
}

TEST_CASE("CONFIG RESETSTAT begins anew, for the shards and the proxy") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (int i = 0; i < 5; ++i) client.call({"GET", "key"});
  const double before = served.proxy.metric("slotway_requests_total");
  CHECK(number(client, "stats", "total_commands_processed") >= 5);
  CHECK(number(client, "stats", "keyspace_misses") == 5);
  CHECK(client.call({"LATENCY", "HISTOGRAM", "get"}).items.size() == 2);
  CHECK(client.call({"CONFIG", "RESETSTAT"}).text == "OK");
  CHECK(client.call({"LATENCY", "HISTOGRAM", "get"}).items.empty());
  CHECK(number(client, "stats", "total_commands_processed") < 5);
  CHECK(number(client, "stats", "keyspace_misses") == 0);
  client.call({"GET", "key"});
  const auto found = sections(client.call({"INFO", "commandstats"}).text).at("Commandstats");
  CHECK(found.at("cmdstat_get").starts_with("calls=1,"));
  CHECK(served.proxy.metric("slotway_requests_total") >= before);  // Prometheus sees no step back
}

TEST_CASE("a shard that is out of reach is left out and named") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  for (size_t shard = 0; shard < kShards; ++shard) {
    client.call({"SET", key_of_shard(shard), "value"});
  }
  served.shards.servers[1].kill();
  CHECK(eventually([&] {
    const auto found = sections(client.call({"INFO"}).text);
    return found.at("Keyspace").contains("shards_without_answer") &&
           found.at("Keyspace").at("shards_without_answer") == "b" &&
           found.at("Keyspace").at("db0").starts_with("keys=2,");
  }));
}

}  // namespace slotway::tests
