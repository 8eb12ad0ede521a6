// The example files are part of the documentation: each must load.

#include <algorithm>
#include <sstream>

#include "config/address.h"
#include "tests/config/parse.h"

namespace slotway::config {

namespace {

Config example(const std::string& name) {
  const std::string path = std::string(SLOTWAY_EXAMPLES) + "/" + name;
  const Result<std::string> text = read_file(path);
  REQUIRE_MESSAGE(text.ok(), path);
  Result<Config> config = parse_config(*text, path, [](const std::string&) -> Result<std::string> {
    return std::string("secret\n");
  });
  REQUIRE_MESSAGE(config.ok(), config.error().message);
  return std::move(config).value();
}

}  // namespace

TEST_CASE("quickstart: three embedded shards") {
  const Config config = example("quickstart.yaml");
  CHECK(config.admin->address.text() == "127.0.0.1:9180");
  REQUIRE(config.pools.size() == 1);
  CHECK(config.pools[0].listen[0].text() == "127.0.0.1:6380");
  REQUIRE(config.pools[0].shards.size() == 3);
  for (const Shard& shard : config.pools[0].shards) {
    CHECK(shard.primary.kind == Address::Kind::kEmbedded);
  }
}

TEST_CASE("production: what it spells out are the defaults, where it says so") {
  const Config config = example("production.yaml");
  REQUIRE(!config.pools.empty());
  CHECK(config.observe == Observe{});
  CHECK(config.pools[0].timeouts == Timeouts{});
  CHECK(config.pools[0].limits == Limits{});
  CHECK(config.pools[0].read_from == ReadFrom::kPrimary);
  CHECK(!config.pools[0].users.empty());
}

TEST_CASE("production: hot keys, each setting") {
  HotKeys hot_keys = example("production.yaml").pools[0].hot_keys;
  CHECK_FALSE(hot_keys.webhook.empty());
  REQUIRE(hot_keys.rules.size() == 2);
  CHECK(hot_keys.rules[0].cache == HotKeys::Rule::Cache::kAlways);
  CHECK(hot_keys.rules[1].read_limit == 5000);
  hot_keys.webhook.clear();
  hot_keys.rules.clear();
  CHECK(hot_keys == HotKeys{});

  const Result<std::string> text = read_file(std::string(SLOTWAY_EXAMPLES) + "/production.yaml");
  REQUIRE(text.ok());
  const std::string part = text->substr(text->find("    hot_keys:\n"));
  for (const char* name : {"detect", "report", "share", "rate", "cache", "mode", "memory",
                           "entries", "max_reply", "max_ttl", "staleness", "spread", "webhook",
                           "redact_keys", "rules", "- match", "read_limit", "write_limit"}) {
    CAPTURE(name);
    CHECK(part.find("  " + std::string(name) + ":") != std::string::npos);
  }
}

TEST_CASE("production: the users that stand there as a comment") {
  Result<std::string> text = read_file(std::string(SLOTWAY_EXAMPLES) + "/production.yaml");
  REQUIRE(text.ok());
  const size_t begin = text->find("    # users:\n");
  REQUIRE(begin != std::string::npos);
  const size_t end = text->find("\n\n", begin);
  std::string users = text->substr(begin, end + 1 - begin);
  for (size_t at = 0; (at = users.find("    # ", at)) != std::string::npos; at += 4) {
    users.erase(at + 4, 2);
  }
  const Result<Config> config =
      parse_config("pools:\n  main:\n    shards: { a: { primary: embedded } }\n" + users, "f.yaml",
                   [](const std::string&) { return Result<std::string>(kOtherHash + "\n"); });
  REQUIRE_MESSAGE(config.ok(), config.error().message);
  const std::vector<User>& found = config->pools[0].users;
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "default");
  CHECK(found[1].passwords == std::vector<wire::Sha256>{wire::sha256("other secret")});
  CHECK(found[2].passwords.size() == 2);
  CHECK(found[2].readonly);
}

TEST_CASE("the systemd units: the sockets are those of production") {
  const std::string path = std::string(SLOTWAY_EXAMPLES) + "/systemd/slotway.socket";
  const Result<std::string> text = read_file(path);
  REQUIRE_MESSAGE(text.ok(), path);
  std::vector<Address> sockets;
  std::istringstream lines(*text);
  constexpr std::string_view kKey = "ListenStream=";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kKey)) continue;
    line.erase(0, kKey.size());
    const Result<Address> address = parse_listen_address(line[0] == '/' ? "unix:" + line : line);
    REQUIRE_MESSAGE(address.ok(), line);
    sockets.push_back(*address);
  }
  const auto listen = example("production.yaml").pools[0].listen;
  CHECK(std::ranges::equal(
      sockets, listen, [](const Address& a, const Address& b) { return a.text() == b.text(); }));
}

TEST_CASE("three-redis and three-stores") {
  for (const char* name : {"three-redis.yaml", "three-stores.yaml"}) {
    const Config config = example(name);
    REQUIRE(config.pools.size() == 1);
    CHECK(config.pools[0].shards.size() == 3);
    for (const Shard& shard : config.pools[0].shards) CHECK(shard.slots.size() == 1);
  }
}

}  // namespace slotway::config
