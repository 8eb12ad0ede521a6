// RESTORE of payloads of every type that are not what DUMP gave: with one bit flipped they are
// refused; with a checksum that was made anew they are refused or make a value, and whatever is
// done with that, nothing is read out of range (which a sanitizer sees).
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "backend/rdb/crc64.h"
#include "tests/backend/running_server.h"
#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

using tests::Command;
using tests::RespClient;

constexpr size_t kChecksumBytes = 8;

std::vector<std::string> answers(RespClient& client, const std::vector<Command>& commands) {
  std::string bytes;
  for (const Command& command : commands) bytes += tests::encode_request(command);
  return client.exchange(bytes, commands.size());
}

// A payload for every type and encoding, small ones.
std::vector<std::string> payloads(RespClient& client) {
  const std::string long_text(70, 'l');
  for (const Command& command : std::vector<Command>{
           {"SET", "int", "12345"},
           {"SET", "text", "some text"},
           {"SET", "compressed", std::string(300, 'x') + "y"},
           {"PFADD", "hll", "a", "b", "c"},
           {"RPUSH", "list", "a", "-7", "70000", long_text, ""},
           {"SADD", "intset", "1", "-2", "70000"},
           {"SADD", "set", "a", "1", long_text},
           {"HSET", "hash", "f", "v", "1", "2", "", ""},
           {"HSET", "table", "f", long_text, "g", "1"},
           {"ZADD", "zset", "1", "a", "-2.5", "b", "inf", "7"},
           {"ZADD", "tree", "1", long_text, "1", "b", "-inf", "c"},
           {"GEOADD", "geo", "13.361389", "38.115556", "p", "15.087269", "37.502669", "q"}}) {
    REQUIRE_FALSE(client.call(command).is_error());
  }
  std::vector<std::string> all;
  for (const tests::RespValue& key : client.call({"KEYS", "*"}).items) {
    all.push_back(client.call({"DUMP", key.text}).text);
  }
  // What only earlier versions wrote: a ziplist as list, set of pairs and hash, a zipmap, scores
  // as text, lists and nodes of them.
  const std::string ziplist(
      "\x16\0\0\0\x13\0\0\0\x04\0"
      "\0\0"
      "\x02\xc0\xd2\x04"
      "\x04\x01"
      "b\x03\xf4\xff",
      22);
  for (const char type : {'\x0a', '\x0c', '\x0d'}) {
    all.push_back(std::string(1, type) + static_cast<char>(ziplist.size()) + ziplist);
  }
  all.push_back(std::string("\x0e\x01", 2) + static_cast<char>(ziplist.size()) + ziplist);
  all.push_back(
      std::string("\x09\x0c\x01\x03"
                  "foo\x03\x01"
                  "bar?\xff",
                  14));
  all.push_back(
      std::string("\x03\x02\x01"
                  "a\x03"
                  "1.5\x01"
                  "b\xfe",
                  11));
  all.push_back(
      std::string("\x01\x02\x01"
                  "a\xc0\x05",
                  6));
  for (size_t i = all.size() - 7; i < all.size(); ++i) {
    all[i] += std::string("\x0a\0", 2) + std::string(kChecksumBytes, '\0');
  }
  return all;
}

void make_checksum(std::string& payload) {
  payload.resize(payload.size() - kChecksumBytes);
  const uint64_t sum = crc64(payload);
  for (size_t i = 0; i < kChecksumBytes; ++i) payload += static_cast<char>(sum >> (8 * i));
}

// What reads and changes every part of a value of any type.
const std::vector<Command>& probes() {
  static const std::vector<Command> all = {
      {"DUMP", "k"},
      {"DEBUG", "DIGEST-VALUE", "k"},
      {"OBJECT", "ENCODING", "k"},
      {"MEMORY", "USAGE", "k"},
      {"COPY", "k", "copy", "REPLACE"},
      {"GET", "k"},
      {"PFCOUNT", "k"},
      {"PFDEBUG", "DECODE", "k"},
      {"PFMERGE", "merged", "k"},
      {"PFADD", "k", "new"},
      {"APPEND", "k", "x"},
      {"LRANGE", "k", "0", "-1"},
      {"LPOS", "k", "a", "COUNT", "0"},
      {"LINSERT", "k", "AFTER", "a", "z"},
      {"LSET", "k", "-1", "z"},
      {"LREM", "k", "0", "70000"},
      {"LPUSH", "k", "1"},
      {"RPOP", "k"},
      {"SORT", "k", "ALPHA"},
      {"SMEMBERS", "k"},
      {"SADD", "k", "5", "text"},
      {"SREM", "k", "1", "a"},
      {"SINTER", "k", "copy"},
      {"HGETALL", "k"},
      {"HSET", "k", "f", "w", "n", "1"},
      {"HDEL", "k", "1", ""},
      {"HINCRBY", "k", "g", "1"},
      {"ZRANGE", "k", "0", "-1", "WITHSCORES"},
      {"ZRANGEBYSCORE", "k", "-inf", "inf"},
      {"ZRANGEBYLEX", "k", "-", "+"},
      {"ZADD", "k", "3", "b", "-1", "new"},
      {"ZRANK", "k", "b"},
      {"GEOPOS", "k", "p", "a", "b"},
      {"GEOSEARCH", "k", "FROMLONLAT", "13", "38", "BYRADIUS", "9000", "km", "WITHDIST"},
      {"ZUNIONSTORE", "merged", "2", "k", "copy"},
      {"ZREM", "k", "a"},
      {"ZPOPMIN", "k"},
      {"DEL", "k", "copy", "merged"},
  };
  return all;
}

// True if it was taken; then everything is done with the value.
bool restore(RespClient& client, const std::string& payload) {
  const std::string reply = answers(client, {{"RESTORE", "k", "0", payload}})[0];
  if (reply != "+OK\r\n") {
    CAPTURE(reply);
    CHECK((reply == "-ERR Bad data format\r\n" ||
           reply == "-ERR DUMP payload version or checksum are wrong\r\n"));
    return false;
  }
  answers(client, probes());
  return true;
}

}  // namespace

TEST_CASE("RESTORE refuses payloads of every type with any bit flipped") {
  RunningServer server;
  RespClient client = server.client();
  for (std::string& payload : payloads(client)) {
    make_checksum(payload);
    CHECK(restore(client, payload));
    std::vector<Command> commands;
    for (size_t bit = 0; bit < payload.size() * 8; ++bit) {
      std::string bytes = payload;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      commands.push_back({"RESTORE", "k", "0", bytes});
    }
    for (size_t cut = 0; cut < payload.size(); ++cut) {
      commands.push_back({"RESTORE", "k", "0", payload.substr(0, cut)});
    }
    for (const std::string& reply : answers(client, commands)) {
      CHECK(reply == "-ERR DUMP payload version or checksum are wrong\r\n");
    }
    CHECK(client.call({"EXISTS", "k"}).integer() == 0);
  }
}

TEST_CASE("RESTORE of damaged payloads with the right checksum never hurts") {
  RunningServer server;
  RespClient client = server.client();
  std::mt19937_64 random(7);
  const int rounds = tests::kSanitized ? 600 : 2000;
  size_t refused = 0;
  size_t taken = 0;
  for (const std::string& payload : payloads(client)) {
    const size_t body = payload.size() - kChecksumBytes;
    const auto look = [&](std::string bytes) {
      make_checksum(bytes);
      ++(restore(client, bytes) ? taken : refused);
    };
    for (size_t bit = 0; bit < body * 8; ++bit) {
      std::string bytes = payload;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      look(std::move(bytes));
    }
    for (size_t cut = 0; cut < body; ++cut) {
      look(payload.substr(0, cut) + payload.substr(body - 2));
    }
    for (int i = 0; i < rounds; ++i) {
      std::string bytes = payload;
      for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
        bytes[random() % body] = static_cast<char>(random());
      }
      look(std::move(bytes));
    }
  }
  CHECK(refused > 1000);
  CHECK(taken > 1000);
  CHECK(client.call({"PING"}).text == "PONG");
}

}  // namespace slotway::backend
