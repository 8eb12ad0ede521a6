// The log: levels at run time, who comes and goes, and what is never in it.

#include <doctest/doctest.h>

#include "tests/e2e/api.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

// Of "app", "secret"; of "other", "other secret".
const std::string kUsers =
    "users: { app: { password_sha256: "
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b } }";

bool is_logged(ProxyProcess& proxy, const std::string& text) {
  return eventually([&] { return proxy.process().output().find(text) != std::string::npos; });
}

size_t count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

std::string with_audit(const ProxyProcess& proxy, const ProxyOptions& options) {
  return "log: { level: warn, audit: true }\n" + proxy.yaml(options);
}

}  // namespace

TEST_CASE("log: CONFIG shows and sets the level in Redis's words") {
  const Served<RedisShards> served;
  RespClient client = served.proxy.client();
  const auto level = [&] { return client.call({"CONFIG", "GET", "loglevel"}).items.at(1).text; };
  const auto shown = [&] { return api_get(served.proxy, "config")["log"]["level"]; };
  CHECK(level() == "notice");
  const std::string of_shard = RespClient(served.shards.servers[0].port())
                                   .call({"CONFIG", "GET", "loglevel"})
                                   .items.at(1)
                                   .text;
  CHECK(client.call({"CONFIG", "SET", "LogLevel", "DEBUG"}).text == "OK");
  CHECK(level() == "debug");
  CHECK(shown() == "debug");
  CHECK(client.call({"CONFIG", "SET", "loglevel", "verbose"}).text == "OK");
  CHECK(level() == "debug");
  CHECK(client.call({"CONFIG", "SET", "loglevel", "warning", "timeout", "5"})
            .text.starts_with("ERR"));
  CHECK(level() == "debug");
  CHECK(client.call({"CONFIG", "SET", "loglevel", "warning"}).text == "OK");
  CHECK(level() == "warning");
  CHECK(shown() == "warn");
  CHECK(client.call({"CONFIG", "SET", "loglevel", "loud"}).text ==
        "ERR CONFIG SET failed (possibly related to argument 'loglevel') - argument(s) must be one "
        "of the following: debug, verbose, notice, warning");
  CHECK(http_post(served.proxy.admin_port(), "/api/v1/log?level=error").status == 200);
  CHECK(level() == "warning");
  // The shards have logs of their own.
  CHECK(RespClient(served.shards.servers[0].port())
            .call({"CONFIG", "GET", "loglevel"})
            .items.at(1)
            .text == of_shard);
}

TEST_CASE("log: what is written follows the level at once") {
  Served<RedisShards> served;
  const ProxyOptions options{.shards = served.shards.entries()};
  CHECK(http_post(served.proxy.admin_port(), "/api/v1/log?level=warn").status == 200);
  CHECK(is_logged(served.proxy, "info  the admin API sets the level of the log to warn"));
  // A reload has the file's level again, and says so.
  CHECK(served.proxy.reload(options));
  CHECK(http_post(served.proxy.admin_port(), "/api/v1/log?level=error").status == 200);
  served.shards.servers[0].kill();
  CHECK(eventually([&] { return http_get(served.proxy.admin_port(), "/readyz").status == 503; }));
  CHECK(served.proxy.process().output().find("warn ") == std::string::npos);
}

TEST_CASE("log: a login that fails is told, whose it was, and not what was tried") {
  Served<RedisShards> served({kUsers});
  RespClient client = served.proxy.client();
  CHECK(client.call({"AUTH", "app", "wr0ng"}).text.starts_with("WRONGPASS"));
  CHECK(is_logged(served.proxy, "of pool main: authentication failed for user 'app'"));
  CHECK(client.call({"HELLO", "3", "AUTH", "s3cret", "app"}).text.starts_with("WRONGPASS"));
  CHECK(is_logged(served.proxy, "authentication failed for an unknown user"));
  CHECK(client.call({"AUTH", "app", "secret"}).text == "OK");
  for (int i = 0; i < 1000; ++i) client.call({"AUTH", "app", "wr0ng"});
  const std::string log = served.proxy.process().output();
  for (const char* tried : {"wr0ng", "s3cret", "secret"}) {
    CHECK(log.find(tried) == std::string::npos);
  }
  CHECK(log.find("127.0.0.1:") != std::string::npos);
  CHECK(count(log, "authentication failed") < 200);
}

TEST_CASE("log: an audit tells each connect, login and end, and a reload begins and ends it") {
  Served<RedisShards> served({kUsers});
  ProxyProcess& proxy = served.proxy;
  const ProxyOptions options{.shards = served.shards.entries(), .pool = {kUsers}};
  {
    RespClient client = proxy.client();
    CHECK(client.call({"AUTH", "app", "secret"}).text == "OK");
  }
  CHECK(proxy.process().output().find("audit: ") == std::string::npos);
  proxy.directory().write("slotway.yaml", with_audit(proxy, options));
  REQUIRE(http_post(proxy.admin_port(), "/api/v1/reload").status == 200);
  {
    RespClient client = proxy.client();
    CHECK(client.call({"AUTH", "app", "secret"}).text == "OK");
    CHECK(client.call({"SET", "the-key", "the-value"}).text == "OK");
    CHECK(client.call({"QUIT"}).text == "OK");
  }
  CHECK(is_logged(proxy, " has connected"));
  CHECK(is_logged(proxy, " is user 'app'"));
  CHECK(is_logged(proxy, " of pool main is gone after 0 s: eof"));
  const std::string log = proxy.process().output();
  CHECK(log.find("info  audit: client ") != std::string::npos);
  for (const char* value : {"the-key", "the-value", "secret"}) {
    CHECK(log.find(value) == std::string::npos);
  }
  // None is left out.
  constexpr size_t kClients = 300;
  for (size_t i = 0; i < kClients; ++i) proxy.client();
  CHECK(eventually([&] {
    return count(proxy.process().output(), " has connected") == kClients + 1 &&
           count(proxy.process().output(), " is gone after ") == kClients + 1;
  }));
  proxy.directory().write("slotway.yaml", proxy.yaml(options));
  REQUIRE(http_post(proxy.admin_port(), "/api/v1/reload").status == 200);
  const size_t before = count(proxy.process().output(), "audit: ");
  proxy.client().call({"PING"});
  CHECK(count(proxy.process().output(), "audit: ") == before);
}

TEST_CASE("log: a breaker that opens and closes is told") {
  Served<RedisShards> served({"timeouts: { request: 100ms, stall: 20s }"});
  served.shards.servers[0].suspend();
  RespClient client = served.proxy.client();
  CHECK(eventually([&] {
    client.call({"GET", key_of_shard(0)});
    return served.proxy.process().output().find(
               "shard 'a' (" + served.shards.servers[0].address() +
               ") does not answer: requests to it fail until it does") != std::string::npos;
  }));
  CHECK(api_get(served.proxy, "shards")["pools"][0]["shards"][0]["breakers_open"] >= 1);
  served.shards.servers[0].resume();
  CHECK(is_logged(served.proxy,
                  "shard 'a' (" + served.shards.servers[0].address() + ") answers again"));
}

TEST_CASE("log: an audit tells what was refused and ordered, and of breakers, at any level") {
  const std::string timeouts = "timeouts: { request: 100ms, stall: 20s }";
  Served<RedisShards> served({kUsers, timeouts}, {"log: { audit: true }"});
  ProxyProcess& proxy = served.proxy;
  const ProxyOptions options{.shards = served.shards.entries(),
                             .pool = {kUsers, timeouts},
                             .file = {"log: { level: error, audit: true }"}};
  const auto post = [&](const std::string& page, const std::string& headers = {}) {
    return http_ask(proxy.admin_port(), "POST", "/api/v1/" + page, headers).status;
  };
  const auto audited = [&](const std::string& text) {
    return count(proxy.process().output(), " info  audit: " + text);
  };
  CHECK(post("log?level=error") == 200);
  CHECK(audited("the level of the log is error, by 127.0.0.1:") == 1);
  const size_t begin = proxy.process().output().size();

  RespClient client = proxy.client();
  for (int i = 0; i < 50; ++i) client.call({"AUTH", "app", "wr0ng"});
  client.call({"AUTH", "s3cret"});
  CHECK(client.call({"AUTH", "app", "secret"}).text == "OK");
  const std::string log = proxy.process().output();
  CHECK(count(log, " of pool main has not been let in as user 'app'") == 50);
  CHECK(count(log, " has not been let in as ") == 51);

  CHECK(post("hotkeys/pin?pattern=a*") == 200);
  CHECK(post("hotkeys/unpin?pattern=a*") == 200);
  CHECK(post("hotkeys/reset") == 200);
  CHECK(audited("hot keys of pool main: 'a*' is pinned, by 127.0.0.1:") == 1);
  CHECK(audited("hot keys of pool main: 'a*' is unpinned, by 127.0.0.1:") == 1);
  CHECK(audited("hot keys of pool main: forgotten, by 127.0.0.1:") == 1);
  CHECK(client.call({"HOTKEYS", "PIN", "b*"}).integer() == 1);
  CHECK(audited("hot keys of pool main: 'b*' is pinned, by client ") == 1);
  CHECK(client.call({"CONFIG", "SET", "slowlog-max-len", "7"}).text == "OK");
  CHECK(audited("slowlog-max-len is set to 7, by client ") == 1);

  served.shards.servers[0].suspend();
  const std::string breaker =
      "pool main: the breaker of shard 'a' (" + served.shards.servers[0].address() + ") has ";
  CHECK(eventually([&] {
    client.call({"GET", key_of_shard(0)});
    return audited(breaker + "opened") >= 1;
  }));
  served.shards.servers[0].resume();
  CHECK(eventually([&] { return audited(breaker + "closed") == audited(breaker + "opened"); }));

  proxy.directory().write("slotway.yaml", with_token(proxy, options, "a-long-token"));
  proxy.process().signal(SIGHUP);
  CHECK(eventually([&] { return audited("the configuration is reloaded, by SIGHUP\n") == 1; }));
  for (int i = 0; i < 30; ++i) CHECK(post("drain", "Authorization: Bearer wrong-one\r\n") == 401);
  CHECK(audited("127.0.0.1:") == 30);
  CHECK(count(proxy.process().output(), " has asked for /api/v1/drain with a wrong token") == 30);
  const std::string bearer = "Authorization: Bearer a-long-token\r\n";
  proxy.directory().write("slotway.yaml", "pools: [");
  CHECK(post("reload", bearer) == 409);
  CHECK(audited("a reload is refused, asked for by 127.0.0.1:") == 1);

  // Nothing else below the level.
  const std::string rest = proxy.process().output(begin);
  CHECK(count(rest, "Z info ") == count(rest, "Z info  audit: "));
  CHECK(count(rest, "Z warn ") == 0);
  for (const char* secret : {"wr0ng", "s3cret", "secret", "wrong-one", "a-long-token"}) {
    CHECK(rest.find(secret) == std::string::npos);
  }
  CHECK(post("drain", bearer) == 202);
  CHECK(proxy.process().wait_exit() == 0);
  CHECK(audited("a drain begins, by 127.0.0.1:") == 1);
  proxy.expect_no_more();
}

TEST_CASE("log: the reload that begins the audit, and the one that ends it, are in it") {
  Served<RedisShards> served;
  ProxyProcess& proxy = served.proxy;
  const ProxyOptions options{.shards = served.shards.entries()};
  const auto audited = [&] {
    return count(proxy.process().output(), "audit: the configuration is reloaded, by SIGHUP");
  };
  CHECK(proxy.reload(options));
  CHECK(audited() == 0);
  CHECK(proxy.reload_text("log: { audit: true }\n" + proxy.yaml(options)));
  CHECK(eventually([&] { return audited() == 1; }));
  CHECK(proxy.reload(options));
  CHECK(eventually([&] { return audited() == 2; }));
  CHECK(proxy.reload(options));
  CHECK(audited() == 2);
}

}  // namespace slotway::tests
