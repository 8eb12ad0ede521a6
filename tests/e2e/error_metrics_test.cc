// Requests that fail or are sent again: by what, and at which shard, the metrics and the API say.

#include <doctest/doctest.h>

#include "tests/e2e/api.h"
#include "tests/e2e/conversation.h"
#include "tests/e2e/shards.h"

namespace slotway::tests {

TEST_CASE("errors are told apart by whose they are, and a shard has those it was not asked for") {
  RedisShards shards;
  // One worker, for each has breakers of its own.
  const ProxyProcess proxy({.shards = shards.entries(),
                            .pool = {"timeouts: { request: 400ms, stall: 20s }"},
                            .workers = 1});
  RespClient client = proxy.client();
  const auto count = [&](const std::string& code) {
    return proxy.metric("slotway_errors_total", "code=\"" + code + "\"");
  };
  const auto refused = [&](const char* shard) {
    return proxy.metric("slotway_shard_refused_total", "shard=\"" + std::string(shard) + "\"");
  };
  const auto shard = [&](size_t i) { return api_get(proxy, "shards")["pools"][0]["shards"][i]; };
  CHECK(client.call({"SET", key_of_shard(1), "x"}).text == "OK");
  CHECK(client.call({"GET"}).is_error());
  CHECK(client.call({"SET", key_of_shard(1), "x", "NOSUCH"}).text == "ERR syntax error");
  CHECK(client.call({"INCR", key_of_shard(1)}).text ==
        "ERR value is not an integer or out of range");
  CHECK(count("syntax") == 2);
  CHECK(count("ERR") == 1);

  // Time-outs open the breaker; from then on it is refused, in whatever way it would be sent.
  shards.servers[0].suspend();
  double timeouts = 0;
  RespValue reply = client.call({"GET", key_of_shard(0)});
  for (; reply.text.find("no reply within") != std::string::npos; ++timeouts) {
    reply = client.call({"GET", key_of_shard(0)});
  }
  CHECK(reply.text == "ERR shard 'a' (" + shards.servers[0].address() +
                          ") does not answer: its last requests all timed out");
  CHECK(count("timeout") == timeouts);
  CHECK(count("unreachable") == 1);
  CHECK(refused("a") == 1);
  CHECK(client.call({"MGET", key_of_shard(0), key_of_shard(1)}).is_error());
  CHECK(client.call({"DBSIZE"}).is_error());
  // What has timed out may still be carried out: the same client's BLPOP would wait for that.
  CHECK(proxy.client().call({"BLPOP", key_of_shard(0), "1"}).is_error());
  CHECK(client.call({"EVAL", "return 1", "1", key_of_shard(0)}).is_error());
  CHECK(refused("a") == 5);
  CHECK(count("unreachable") == 5);
  CHECK(refused("b") == 0);
  CHECK(shard(0)["refused"] == 5);
  CHECK(shard(0)["errors"] == timeouts);
  CHECK(eventually([&] {
    for (int i = 0; i < 20; ++i) client.call({"GET", key_of_shard(0)});
    return shard(0)["errors_per_second"] > 10;
  }));
  CHECK(count("ERR") == 1);

  RespClient waiting = proxy.client();
  RespClient direct(shards.servers[2].port());
  direct.request({"DEBUG", "SLEEP", "10"});
  CHECK(direct.silent_for(milliseconds(20)));
  waiting.request({"SET", key_of_shard(2), "x"});
  REQUIRE(proxy.metric_reaches(1, "slotway_shard_in_flight_requests", "shard=\"c\""));
  shards.servers[2].kill();
  CHECK(waiting.receive().text.find(": connection lost: ") != std::string::npos);
  CHECK(count("connection_lost") == 1);
  CHECK(count("ERR") == 1);
  shards.servers[0].resume();
}

TEST_CASE("requests that are sent to a shard again are counted") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const std::string script = "return redis.call('INCR', KEYS[1])";
  const std::string digest = client.call({"SCRIPT", "LOAD", script}).text;
  CHECK(client.call({"EVALSHA", digest, "1", key_of_shard(0)}).integer() == 1);
  CHECK(served.proxy.metric("slotway_shard_retries_total") == 0);
  // Behind the proxy's back: it finds out by the answer, and sends script and call again.
  RespClient direct(served.shards.servers[0].port());
  CHECK(direct.call({"SCRIPT", "FLUSH"}).text == "OK");
  CHECK(client.call({"EVALSHA", digest, "1", key_of_shard(0)}).integer() == 2);
  CHECK(served.proxy.metric("slotway_shard_retries_total", "shard=\"a\"") == 1);
  CHECK(served.proxy.metric("slotway_shard_retries_total") == 1);
}

}  // namespace slotway::tests
