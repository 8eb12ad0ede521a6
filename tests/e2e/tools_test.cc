// The tools and libraries that people use, through the proxy.

#include <doctest/doctest.h>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

std::string port_of(const ProxyProcess& proxy) { return std::to_string(proxy.port()); }

template <typename... Words>
Finished redis_cli(const ProxyProcess& proxy, Words... words) {
  return run_program({"redis-cli", "-p", port_of(proxy), words...});
}

}  // namespace

TEST_CASE_TEMPLATE("redis-cli", Shards, EVERY_KIND) {
  Served<Shards> served;
  CHECK(redis_cli(served.proxy, "SET", "greeting", "hello").output == "OK\n");
  CHECK(redis_cli(served.proxy, "GET", "greeting").output == "hello\n");
  CHECK(redis_cli(served.proxy, "-e", "NOSUCH").code != 0);
  CHECK(redis_cli(served.proxy, "MSET", "a", "1", "b", "2", "c", "3").output == "OK\n");
  CHECK(redis_cli(served.proxy, "MGET", "c", "b", "a").output == "3\n2\n1\n");
  const Finished scan = redis_cli(served.proxy, "--scan", "--pattern", "?");
  CHECK(scan.code == 0);
  CHECK(scan.output.size() == 6);
  const std::string port = port_of(served.proxy);
  const Finished pipe = run_program(
      {"sh", "-c",
       "for i in $(seq 1000); do echo SET key$i $i; done | redis-cli -p " + port + " --pipe"});
  CAPTURE(pipe.output);
  CHECK(pipe.code == 0);
  CHECK(pipe.output.find("errors: 0, replies: 1000") != std::string::npos);
  CHECK(redis_cli(served.proxy, "DBSIZE").output == "1004\n");
  const Finished info = redis_cli(served.proxy, "INFO");
  CHECK(info.code == 0);
  CHECK(info.output.find("redis_version:") != std::string::npos);
}

TEST_CASE_TEMPLATE("redis-benchmark", Shards, EVERY_KIND) {
  Served<Shards> served;
  for (const char* depth : {"1", "16"}) {
    const Finished benchmark = run_program({"redis-benchmark", "-p", port_of(served.proxy), "-n",
                                            kSanitized ? "2000" : "10000", "-c", "20", "-P", depth,
                                            "-r", "10000", "-t", "ping,set,get,incr,mset", "-q"});
    CAPTURE(benchmark.output);
    CHECK(benchmark.code == 0);
    CHECK(benchmark.output.find("requests per second") != std::string::npos);
    for (const char* word : {"WARN", "rror", "ERR", "ailed"}) {
      CHECK(benchmark.output.find(word) == std::string::npos);
    }
  }
  CHECK(served.proxy.metric("slotway_request_errors_total") == 0);
}

TEST_CASE_TEMPLATE("redis-py", Shards, EVERY_KIND) {
  Served<Shards> served;
  const Finished work = run_program(
      {"/usr/bin/python3", SLOTWAY_SOURCE_DIR "/tests/e2e/redis_py.py", port_of(served.proxy)});
  CAPTURE(work.output);
  CHECK(work.code == 0);
  CHECK(work.output.ends_with("done\n"));
}

}  // namespace slotway::tests
