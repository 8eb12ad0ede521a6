// RESP3: replies of the shards pass as they are, and the proxy's own have their RESP3 form.

#include <doctest/doctest.h>

#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

// Fills keys that share a slot, and asks for each type of reply that Redis 7.0 has in RESP3: maps,
// sets, doubles, nulls, big numbers, verbatim strings, booleans, attributes and nesting.
const std::vector<Command> kEveryType = {
    {"SET", "{t}s", "v"},
    {"GET", "{t}s"},
    {"GET", "{t}nosuch"},
    {"HSET", "{t}h", "f", "v", "g", "w"},
    {"HGETALL", "{t}h"},
    {"HRANDFIELD", "{t}nosuch", "2", "WITHVALUES"},
    {"SADD", "{t}set", "m"},
    {"SMEMBERS", "{t}set"},
    {"ZADD", "{t}z", "1.5", "m", "inf", "n"},
    {"ZSCORE", "{t}z", "m"},
    {"ZRANGE", "{t}z", "0", "-1", "WITHSCORES"},
    {"ZMSCORE", "{t}z", "m", "absent"},
    {"ZPOPMIN", "{t}z"},
    {"LPOP", "{t}nosuch", "3"},
    {"XADD", "{t}x", "1-1", "f", "v"},
    {"XRANGE", "{t}x", "-", "+"},
    {"XINFO", "STREAM", "{t}x", "FULL"},
    {"GEOADD", "{t}g", "13.36", "38.11", "Palermo"},
    {"GEOPOS", "{t}g", "Palermo", "absent"},
    {"MGET", "{t}s", "{t}nosuch"},
    {"EXISTS", "{t}s"},
    {"INCR", "{t}s"},
};

}  // namespace

TEST_CASE("replies of every type are those of redis-server, byte for byte") {
  for (const int version : {2, 3}) {
    CAPTURE(version);
    RedisServer redis;
    Served<RedisShards> served;
    const std::string wanted = conversation(redis.port(), kEveryType, version);
    CHECK((wanted.find("%") != std::string::npos) == (version == 3));
    CHECK(conversation(served.proxy.port(), kEveryType, version) == wanted);
  }
}

TEST_CASE("a session may change its protocol, in the middle of a pipeline too") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  for (int round = 0; round < 20; ++round) {
    std::string pipeline = encode_request({"GET", "{a}nosuch"}) + encode_request({"HELLO", "3"}) +
                           encode_request({"GET", "{a}nosuch"}) +
                           encode_request({"MGET", "a", "b"}) + encode_request({"HELLO", "2"}) +
                           encode_request({"GET", "{a}nosuch"});
    const std::vector<std::string> replies = client.exchange(pipeline, 6);
    CHECK(replies[0] == "$-1\r\n");
    CHECK(replies[1].starts_with("%7\r\n"));
    CHECK(replies[2] == "_\r\n");
    CHECK(replies[3] == "*2\r\n_\r\n_\r\n");
    CHECK(replies[4].starts_with("*14\r\n"));
    CHECK(replies[5] == "$-1\r\n");
  }
  CHECK(client.call({"HELLO", "4"}).text == "NOPROTO unsupported protocol version");
}

TEST_CASE("writes before a change of the protocol are seen behind it") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port());
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i);
    const std::vector<std::string> replies = client.exchange(
        encode_request({"SET", "k", value}) + encode_request({"HELLO", i % 2 ? "2" : "3"}) +
            encode_request({"GET", "k"}),
        3);
    CHECK(replies[2] == "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n");
  }
}

TEST_CASE("what the proxy answers itself has its RESP3 form") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port(), 3);
  const auto raw = [&](const Command& command) {
    client.request(command);
    return client.receive_raw();
  };
  CHECK(raw({"CLIENT", "GETNAME"}) == "_\r\n");
  CHECK(raw({"CLIENT", "INFO"}).starts_with("="));
  CHECK(raw({"CLIENT", "LIST"}).starts_with("="));
  CHECK(raw({"CLIENT", "LIST"}).find(" resp=3 ") != std::string::npos);
  CHECK(raw({"INFO"}).starts_with("="));
  CHECK(raw({"INFO", "keyspace"}).find("# Keyspace") != std::string::npos);
  CHECK(raw({"CONFIG", "GET", "databases"}) == "%1\r\n$9\r\ndatabases\r\n$2\r\n16\r\n");
  CHECK(raw({"NOSUCH"}).starts_with("-ERR unknown command"));
  CHECK(raw({"RESET"}) == "+RESET\r\n");
  CHECK(raw({"CLIENT", "GETNAME"}) == "$-1\r\n");
}

TEST_CASE("large values pass in RESP3, and the session keeps its order") {
  Served<RedisShards> served;
  RespClient client(served.proxy.port(), 3);
  const std::string large(300'000, 'x');
  for (int i = 0; i < 10; ++i) {
    const std::vector<std::string> replies = client.exchange(
        encode_request({"SET", "k", "small"}) + encode_request({"SET", "k", large}) +
            encode_request({"STRLEN", "k"}) + encode_request({"GET", "{k}none"}),
        4);
    CHECK(replies[2] == ":300000\r\n");
    CHECK(replies[3] == "_\r\n");
  }
}

TEST_CASE("connections of RESP3 are opened when first needed") {
  Served<RedisShards> served;
  const double before = served.proxy.metric("slotway_shard_connections");
  RespClient two(served.proxy.port());
  two.call({"GET", "a"});
  CHECK(served.proxy.metric("slotway_shard_connections") == before);
  RespClient three(served.proxy.port(), 3);
  three.call({"GET", "a"});
  CHECK(served.proxy.metric("slotway_shard_connections") == before + 1);
}

}  // namespace slotway::tests
