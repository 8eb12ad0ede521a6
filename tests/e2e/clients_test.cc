// Real client libraries do an application's work through the proxy, which restarts in the middle.

#include <doctest/doctest.h>

#include <memory>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

void work_with(std::vector<std::string> program) {
  RedisShards shards;
  auto proxy = std::make_unique<ProxyProcess>(ProxyOptions{.shards = shards.entries()});
  const uint16_t port = proxy->port();
  program.push_back(std::to_string(port));
  const std::string modules = SLOTWAY_SOURCE_DIR "/build/clients/node_modules";
  Process client(program, 0, {"NODE_PATH=" + modules});
  const bool restarts = client.wait_for_output("restart\n");
  CAPTURE(client.output());
  REQUIRE(restarts);
  proxy.reset();
  proxy = std::make_unique<ProxyProcess>(ProxyOptions{.shards = shards.entries(), .port = port});
  const auto code = client.wait_exit(2 * kLong);
  CAPTURE(client.output());
  REQUIRE(code);
  CHECK(*code == 0);
  CHECK(client.output().ends_with("done\n"));
}

const std::string kPrograms = SLOTWAY_SOURCE_DIR "/tests/clients/";

}  // namespace

TEST_CASE("an application with redis-py") {
  work_with({"/usr/bin/python3", kPrograms + "redis_py.py"});
}

TEST_CASE("an application with hiredis") { work_with({SLOTWAY_HIREDIS_CLIENT}); }

TEST_CASE("an application with node-redis, in RESP2, RESP3 and cluster mode") {
  work_with({"node", kPrograms + "node_redis.js"});
}

TEST_CASE("an application with ioredis, also in cluster mode") {
  work_with({"node", kPrograms + "io_redis.js"});
}

}  // namespace slotway::tests
