// The tools and libraries that people use, through the proxy.

#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

std::string port_of(const ProxyProcess& proxy) { return std::to_string(proxy.port()); }

template <typename... Words>
Finished redis_cli(const ProxyProcess& proxy, Words... words) {
  return run_program({"redis-cli", "-p", port_of(proxy), words...});
}

// The demonstration with the programs under test. Slow enough a load for any build of them.
std::vector<std::string> hot_key_demo() {
  const std::filesystem::path program = SLOTWAY_PATH;
  return {"env", "RATE=4000", SLOTWAY_SOURCE_DIR "/examples/hot-key-demo.sh",
          program.parent_path().string()};
}

// The number behind `label` in the text.
double number_behind(const std::string& text, const std::string& label) {
  const size_t at = text.find(label);
  REQUIRE_MESSAGE(at != std::string::npos, label);
  return std::stod(text.substr(at + label.size()));
}

// Those in its first line, behind "127.0.0.1" and ':' or a space.
std::vector<uint16_t> ports_of_demo(const std::string& output) {
  std::string line = output.substr(output.find("slotway: "));
  line.erase(line.find('\n'));
  for (char& c : line) {
    if (c == ':' || c == ',') c = ' ';
  }
  std::istringstream words(line);
  std::vector<uint16_t> ports;
  for (std::string word; words >> word;) {
    if (word.find_first_not_of("0123456789") == std::string::npos) {
      ports.push_back(static_cast<uint16_t>(std::stoi(word)));
    }
  }
  return ports;
}

bool is_open(uint16_t port) {
  try {
    RespClient client(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
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

TEST_CASE("the demonstration of a hot key") {
  const Finished demo = run_program(hot_key_demo(), 8 * kLong);
  CAPTURE(demo.output);
  REQUIRE(demo.code == 0);
  const double without = number_behind(demo.output, "a key is hot, detection off ");
  const double with = number_behind(demo.output, "a key is hot, detection on ");
  const double calm = number_behind(demo.output, "no key is hot ");
  CHECK(without > 1.3 * calm);
  CHECK(with > 0);
  CHECK(with < without / 2);
  CHECK(demo.output.find(" was announced as hot ") != std::string::npos);
  const std::vector<uint16_t> ports = ports_of_demo(demo.output);
  REQUIRE(ports.size() == 4);
  for (const uint16_t port : ports) CHECK_FALSE(is_open(port));
}

TEST_CASE("the demonstration of a hot key: Ctrl-C ends all of it") {
  Process demo(hot_key_demo());
  REQUIRE(demo.wait_for_output("second"));
  const std::vector<uint16_t> ports = ports_of_demo(demo.output());
  REQUIRE(ports.size() == 4);
  for (const uint16_t port : ports) CHECK(is_open(port));
  demo.signal(SIGINT);
  CHECK(demo.wait_exit() == 130);
  for (const uint16_t port : ports) CHECK_FALSE(is_open(port));
}

}  // namespace slotway::tests
