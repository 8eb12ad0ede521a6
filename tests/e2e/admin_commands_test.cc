// `slotway route`, `slotway slots` and `slotway top --once`: that they say what the API says.

#include <sstream>

#include "tests/e2e/api.h"
#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

constexpr const char* kToken = "abcdefgh-0123";

std::string admin_of(const ProxyProcess& proxy) {
  return "127.0.0.1:" + std::to_string(proxy.admin_port());
}

template <typename... Words>
Finished slotway(const ProxyProcess& proxy, const std::string& command, Words... words) {
  return run_program({SLOTWAY_PATH, command, "--admin", admin_of(proxy), words...});
}

// What stands behind the label of a line of `slotway route`.
std::string value_of(const std::string& output, const std::string& label) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(label + "  ")) continue;
    return line.substr(line.find_first_not_of(' ', label.size()));
  }
  return "(no line)";
}

// The words of the line that starts with the word; none if there is no such line.
std::vector<std::string> words_of_line(const std::string& output, const std::string& word) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string each; stream >> each;) words.push_back(each);
    if (!words.empty() && words[0] == word) return words;
  }
  return {};
}

}  // namespace

TEST_CASE("slotway route: what the API says of a key") {
  const Served<RedisShards> served;
  for (const std::string key : {"a{user}:1", "rose", "a b&c=%\x1b[31m"}) {
    CAPTURE(key);
    const Finished route = slotway(served.proxy, "route", key);
    REQUIRE(route.code == 0);
    const size_t shard = shard_of(key);
    CHECK(value_of(route.output, "pool") == "main");
    CHECK(value_of(route.output, "slot") == std::to_string(wire::slot_of_key(key)));
    CHECK(value_of(route.output, "shard") == kShardNames[shard]);
    CHECK(value_of(route.output, "address") == served.shards.servers[shard].address());
    CHECK(value_of(route.output, "state") == "up");
    CHECK(value_of(route.output, "replicas") == "-");
    CHECK(value_of(route.output, "read from") == "primary");
    CHECK(value_of(route.output, "reads go to") == served.shards.servers[shard].address());
    CHECK(value_of(route.output, "hot") == "no");
    CHECK(value_of(route.output, "cached") == "no");
    CHECK(value_of(route.output, "why") ==
          api_get(served.proxy, "route?key=rose")["why"].get<std::string>());
  }
  CHECK(value_of(slotway(served.proxy, "route", "a{user}:1").output, "hash tag") == "user");
  CHECK(value_of(slotway(served.proxy, "route", "a\x1b[31m").output, "key") == "a\\x1b[31m");
  CHECK(value_of(slotway(served.proxy, "route", "", "--pool", "main").output, "slot") == "0");
}

TEST_CASE("slotway route: what goes wrong is said, and the exit code is 1") {
  const RedisServer redis;
  const ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  const std::string url = "slotway: http://" + admin_of(proxy) + "/api/v1/route?key=a";
  const Finished pool = slotway(proxy, "route", "a", "--pool", "none");
  CHECK(pool.code == 1);
  CHECK(pool.output == url + "&pool=none: answers 404: pool: there is none of that name, " +
                           "expected one of main\n");
  // Behind the address there is somebody else, and nobody.
  CHECK(run_program({SLOTWAY_PATH, "route", "a", "--admin", redis.address()}).code == 1);
  const Finished nobody = run_program({SLOTWAY_PATH, "route", "a", "--admin", "127.0.0.1:1"});
  CHECK(nobody.code == 1);
  CHECK(
      nobody.output.ends_with(": expected a running slotway that listens there (--admin "
                              "HOST:PORT)\n"));
}

TEST_CASE("slotway route: a token is asked for, and sent") {
  const RedisServer redis;
  const TempDir directory;
  const std::string file = directory.write("token", std::string(kToken) + "\n");
  ProxyProcess proxy({.shards = {{"a", redis.address()}}});
  std::string yaml = proxy.yaml({.shards = {{"a", redis.address()}}});
  const std::string admin = "admin: " + admin_of(proxy);
  const size_t at = yaml.find(admin);
  REQUIRE(at != std::string::npos);
  yaml.replace(at, admin.size(),
               "admin: { address: \"" + admin_of(proxy) + "\", token_file: " + file + " }");
  REQUIRE(proxy.reload_text(yaml));

  const Finished without = slotway(proxy, "route", "a");
  CHECK(without.code == 1);
  CHECK(without.output.find(": answers 401: ") != std::string::npos);
  CHECK(
      without.output.ends_with(": expected its token by --token-file FILE or in SLOTWAY_TOKEN\n"));
  CHECK(slotway(proxy, "route", "a", "--token-file", file).code == 0);
  CHECK(run_program({"env", std::string("SLOTWAY_TOKEN=") + kToken, SLOTWAY_PATH, "route", "a",
                     "--admin", "http://" + admin_of(proxy) + "/"})
            .code == 0);
}

TEST_CASE("slotway slots: the shards, their slots and their state") {
  const RedisServer a;
  RedisServer b;
  const ProxyProcess proxy(
      {.shards = {{"a", a.address(), "[0-99, 200]"}, {"b", b.address(), "300-400"}},
       .pool = {"allow_gaps: true"}});
  b.kill();
  REQUIRE(eventually(
      [&] { return api_get(proxy, "shards")["pools"][0]["shards"][1]["state"] == "down"; }));
  const Finished slots = slotway(proxy, "slots", "--pool", "main");
  CAPTURE(slots.output);
  CHECK(slots.code == 0);
  CHECK(slots.output.starts_with("pool main: request skew 1.00, byte skew 1.00\n"));
  using Words = std::vector<std::string>;
  CHECK(words_of_line(slots.output, "a") ==
        Words{"a", a.address(), "up", "0", "0", "us", "101", "0-99,200"});
  CHECK(words_of_line(slots.output, "b") ==
        Words{"b", b.address(), "down", "0", "0", "us", "101", "300-400"});
  CHECK(words_of_line(slots.output, "(no") ==
        Words{"(no", "shard)", "-", "-", "-", "-", "16182", "100-199,201-299,401-16383"});
}

TEST_CASE("slotway top --once: one screen of plain text, without a terminal") {
  const Cached cached(2, {kAllHot});
  RespClient client = cached.proxy.client();
  CHECK(client.call({"CONFIG", "SET", "slowlog-log-slower-than", "1"}).text == "OK");
  std::string output;
  CHECK(eventually([&] {
    make_hot(cached.proxy, "evil\x1b[2J");
    const Finished top = slotway(cached.proxy, "top", "--once");
    output = top.output;
    return top.code == 0 && output.find("\nevil\\x1b[2J  ") != std::string::npos &&
           output.find("\nGET evil\\x1b[2J  ") != std::string::npos;
  }));
  CAPTURE(output);
  CHECK(output.starts_with("slotway "));
  CHECK(output.find('\x1b') == std::string::npos);
  CHECK(words_of_line(output, "a").at(1) == "up");
  CHECK(words_of_line(output, "a").back() == cached.shard.address());
  CHECK(output.find("\nBIG KEYS  none\n") != std::string::npos);
  const Finished redrawn = slotway(cached.proxy, "top");
  CHECK(redrawn.code == 1);
  CHECK(redrawn.output == "slotway: top: expected a terminal at stdin and stdout, or --once\n");
}

}  // namespace slotway::tests
