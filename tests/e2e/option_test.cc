// Options that a proxy cannot carry out: refused by name, and the rest of the command is served.

#include <doctest/doctest.h>

#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

void check_refused(RespClient& client, const Command& command, const std::string& option) {
  const RespValue reply = client.call(command);
  CAPTURE(option);
  CHECK(reply.is_error());
  CHECK(reply.text.find("with " + option + " is not supported") != std::string::npos);
}

}  // namespace

TEST_CASE("a stream read waits if it says BLOCK, whatever its group is called") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  Bystander bystander(served.proxy.port());
  for (const char* group : {"streams", "block", "g"}) {
    CHECK(client.call({"XGROUP", "CREATE", "bystander:s", group, "$", "MKSTREAM"}).text == "OK");
    client.request(
        {"XREADGROUP", "GROUP", group, "me", "BLOCK", "0", "STREAMS", "bystander:s", ">"});
    CHECK(client.silent_for(milliseconds(20)));
    CHECK(bystander.is_served());
    CHECK(served.proxy.client().call({"XADD", "bystander:s", "*", "f", "v"}).type == '$');
    CHECK(client.receive().items.size() == 1);
    CHECK(client
              .call({"XREADGROUP", "GROUP", group, "block", "COUNT", "1", "STREAMS", "bystander:s",
                     ">"})
              .null);
  }
  CHECK(client.call({"XREAD", "count", "1", "block", "20", "streams", "s", "$"}).null);
  CHECK(client.call({"XREAD", "COUNT", "1", "STREAMS", "block", "0"}).null);
  CHECK(bystander.is_served());
}

TEST_CASE("SORT follows no patterns to keys of other shards") {
  Served<RedisShards> served;
  RespClient client = served.proxy.client();
  CHECK(client.call({"RPUSH", "l", "3", "1", "2"}).integer() == 3);
  check_refused(client, {"SORT", "l", "BY", "w_*"}, "BY");
  check_refused(client, {"SORT", "l", "LIMIT", "0", "1", "GET", "n_*"}, "GET");
  check_refused(client, {"SORT_RO", "l", "DESC", "GET", "#", "get", "n_*"}, "GET");
  CHECK(client.call({"SORT", "l", "BY", "NOSORT", "GET", "#"}).to_string() == "*3[$3 $1 $2]");
  CHECK(client.call({"SORT_RO", "l", "LIMIT", "0", "2", "DESC"}).to_string() == "*2[$3 $2]");
  CHECK(client.call({"SORT", "l", "STORE", "{l}by"}).integer() == 3);
  CHECK(client.call({"SORT", "l", "NONSENSE", "BY", "w_*"}).text == "ERR syntax error");
}

}  // namespace slotway::tests
