// The commands that write what the shards hold to their disks.

#include <doctest/doctest.h>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

std::string info(RespClient& client, const Command& sections = {}) {
  Command command = {"INFO"};
  command.insert(command.end(), sections.begin(), sections.end());
  return client.call(command).text;
}

// The number behind "name:"; -1 if it is not there.
int64_t field(const std::string& text, const std::string& name) {
  const size_t at = text.find("\n" + name + ":");
  return at == std::string::npos ? -1 : std::stoll(text.substr(at + name.size() + 2));
}

}  // namespace

TEST_CASE("SAVE, BGSAVE and BGREWRITEAOF reach every shard, LASTSAVE is the earliest") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const auto unsaved = [&] {
    return field(info(client, {"persistence"}), "rdb_changes_since_last_save");
  };
  for (const char* how : {"SAVE", "BGSAVE"}) {
    for (const std::string& key : two_keys_each()) client.call({"SET", key, how});
    CHECK(unsaved() >= 6);
    CHECK_FALSE(client.call({how}).is_error());
    CHECK(eventually([&] { return unsaved() == 0; }));
  }
  int64_t earliest = INT64_MAX;
  for (const RedisServer& server : served.shards.servers) {
    earliest = std::min(earliest, RespClient(server.port()).call({"LASTSAVE"}).integer());
  }
  CHECK(client.call({"LASTSAVE"}).integer() == earliest);
  CHECK(client.call({"BGREWRITEAOF"}).text.starts_with("Background append only file"));
  const auto rewrites = [&] { return field(info(client, {"persistence"}), "aof_rewrites"); };
  CHECK(eventually([&] { return rewrites() == 3; }));
}

}  // namespace slotway::tests
