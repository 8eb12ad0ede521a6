#include "config/address.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::config {

namespace {

std::string shard_text(const std::string& text) {
  const Result<Address> address = parse_shard_address(text);
  return address.ok() ? address->text() : "error";
}

std::string listen_text(const std::string& text) {
  const Result<Address> address = parse_listen_address(text);
  return address.ok() ? address->text() : "error";
}

bool loopback(const std::string& text) { return parse_shard_address(text)->is_loopback(); }

}  // namespace

TEST_CASE("each kind of shard address") {
  const Address tcp = *parse_shard_address("redis-a.internal:7001");
  CHECK(tcp.kind == Address::Kind::kTcp);
  CHECK(tcp.host == "redis-a.internal");
  CHECK(tcp.port == 7001);
  const Address v6 = *parse_shard_address("[2001:db8::1]:7001");
  CHECK(v6.kind == Address::Kind::kTcp);
  CHECK(v6.host == "2001:db8::1");
  const Address path = *parse_shard_address("unix:/run/redis a.sock");
  CHECK(path.kind == Address::Kind::kUnix);
  CHECK(path.path == "/run/redis a.sock");
  CHECK(parse_shard_address("embedded")->kind == Address::Kind::kEmbedded);
}

TEST_CASE("an address reads back as it was written, in the usual form") {
  for (const char* text : {"a:1", "10.0.0.1:65535", "[::1]:6380", "unix:/x", "embedded",
                           "redis_1.svc.cluster.local.:7001", "localhost:1", "7a:1"}) {
    CHECK(shard_text(text) == text);
  }
  CHECK(shard_text("[0:0::0001]:6380") == "[::1]:6380");
  CHECK(shard_text("h:0777") == "h:777");
}

TEST_CASE("bad shard addresses") {
  const std::string long_label(64, 'a');
  const std::string long_host = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(63, 'd');
  for (const std::string& text : {std::string(),
                                  std::string("a"),
                                  std::string(":1"),
                                  std::string("a:"),
                                  std::string("a:0"),
                                  std::string("a:65536"),
                                  std::string("a:-1"),
                                  std::string("a:1x"),
                                  std::string("a: 1"),
                                  std::string("a b:1"),
                                  std::string("-a:1"),
                                  std::string("a-:1"),
                                  std::string("a..b:1"),
                                  std::string(".:1"),
                                  std::string("10.0.0.256:1"),
                                  std::string("10.0.1:1"),
                                  std::string("::1:6380"),
                                  std::string("[::1]"),
                                  std::string("[]:1"),
                                  std::string("[::g]:1"),
                                  std::string("[127.0.0.1]:1"),
                                  std::string("unix:"),
                                  std::string("unix:/"),
                                  std::string("unix:relative"),
                                  std::string("unix:/a\nb"),
                                  std::string("unix:/a\0b", 9),
                                  "unix:/" + std::string(107, 'x'),
                                  std::string("Embedded"),
                                  std::string("redis://a:1"),
                                  std::string("a:99999999999999999999"),
                                  long_label + ":1",
                                  long_host + ":1"}) {
    CAPTURE(text);
    CHECK(shard_text(text) == "error");
  }
  CHECK(shard_text(long_label.substr(1) + ":1") != "error");
  CHECK(shard_text("unix:/" + std::string(106, 'x')) != "error");
  CHECK(parse_shard_address("x").error().message ==
        "expected HOST:PORT, \"[IPv6]:PORT\" in quotes, unix:/path of at most 107 bytes, or "
        "embedded");
}

TEST_CASE("an address to listen on is numeric") {
  CHECK(listen_text("0.0.0.0:6380") == "0.0.0.0:6380");
  CHECK(listen_text("[::]:6380") == "[::]:6380");
  CHECK(listen_text("unix:/run/s.sock") == "unix:/run/s.sock");
  CHECK(listen_text("localhost:6380") == "127.0.0.1:6380");
  for (const char* text :
       {"redis-a:6380", "embedded", "*:6380", ":6380", "6380", "unix:x", "::1:1"}) {
    CAPTURE(text);
    CHECK(listen_text(text) == "error");
  }
  CHECK(parse_listen_address("x").error().message ==
        "expected an IP address and port such as 127.0.0.1:6380, \"[::1]:6380\" in quotes, or "
        "unix:/path of at most 107 bytes");
}

TEST_CASE("the admin server listens on TCP only") {
  CHECK(parse_admin_address("localhost:9180")->text() == "127.0.0.1:9180");
  CHECK(!parse_admin_address("unix:/run/x").ok());
  CHECK(!parse_admin_address("embedded").ok());
}

TEST_CASE("what counts as loopback") {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1",
                           "localhost:1", "unix:/x", "embedded"}) {
    CAPTURE(text);
    CHECK(loopback(text));
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "redis-a:1",
                           "[::ffff:10.0.0.1]:1", "localhost.example:1"}) {
    CAPTURE(text);
    CHECK(!loopback(text));
  }
}

}  // namespace slotway::config
