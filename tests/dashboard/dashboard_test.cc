// The dashboard, looked at in headless Chromium while a proxy over two shards is under load.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/proxy_process.h"
#include "tests/support/redis_server.h"

namespace slotway::tests {

namespace {

struct TwoShards {
  RedisServer a;
  RedisServer b;
  ProxyProcess proxy{{.shards = {{"a", a.address(), "0-8191"}, {"b", b.address(), "8192-16383"}},
                      .pool = {"timeouts: { request: 1s }"},
                      .file = {"observe: { big_keys: { threshold: 1KiB } }"},
                      .workers = 2}};
};

// It ends itself before that, and says where it was; ctest waits longer.
constexpr milliseconds kLongest{100'000};

// A script of this folder at that proxy. It says on a line of its own what it wants to happen.
class Script {
 public:
  Script(const std::string& name, const ProxyProcess& proxy)
      : process_({"node", SLOTWAY_SOURCE_DIR "/tests/dashboard/" + name,
                  std::to_string(proxy.port()), std::to_string(proxy.admin_port())},
                 0,
                 {"NODE_PATH=" SLOTWAY_SOURCE_DIR "/build/dashboard/node_modules",
                  "SLOTWAY_LOAD=" SLOTWAY_LOAD_PATH,
                  "SCREENSHOTS=" SLOTWAY_SOURCE_DIR "/build/dashboard"}) {}

  void wait_for(std::string_view line) {
    const bool said = process_.wait_for_output(std::string(line) + "\n", 0, kLongest);
    CAPTURE(process_.output());
    REQUIRE(said);
  }
  void wait_for_end() {
    const auto code = process_.wait_exit(kLongest);
    CAPTURE(process_.output());
    REQUIRE(code);
    CHECK(*code == 0);
    CHECK(process_.output().ends_with("done\n"));
  }

 private:
  Process process_;
};

}  // namespace

TEST_CASE("what happens is on the dashboard within seconds") {
  TwoShards shards;
  Script script("live.js", shards.proxy);
  script.wait_for("stop shard b");
  shards.b.kill();
  script.wait_for("stop proxy");
  CHECK(shards.proxy.stop() == 0);
  script.wait_for_end();
}

TEST_CASE("the dashboard can be used by keyboard, at any width, in light and dark") {
  TwoShards shards;
  Script script("access.js", shards.proxy);
  script.wait_for_end();
}

TEST_CASE("names that clients choose are text on the dashboard") {
  TwoShards shards;
  Script script("hostile_names.js", shards.proxy);
  script.wait_for_end();
}

TEST_CASE("the dashboard asks for the token once") {
  TwoShards shards;
  const std::string address = "127.0.0.1:" + std::to_string(shards.proxy.admin_port());
  std::string yaml = shards.proxy.yaml({.shards = {{"a", shards.a.address()}}, .workers = 2});
  const std::string before = "admin: " + address;
  REQUIRE(yaml.starts_with(before));
  yaml.replace(0, before.size(),
               "admin: { address: \"" + address + "\", token: open-sesame-1234 }");
  REQUIRE(shards.proxy.reload_text(yaml));
  Script script("token.js", shards.proxy);
  script.wait_for_end();
}

}  // namespace slotway::tests
