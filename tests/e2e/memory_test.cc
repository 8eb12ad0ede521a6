// What clients cost that are only connected, what a burst leaves behind, and what is cached.

#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/hot_keys.h"
#include "tests/e2e/servers.h"
#include "wire/descriptor_limit.h"

namespace slotway::tests {

namespace {

constexpr size_t kClients = 10'000;
constexpr size_t kMaxBytesEach = 1024;

}  // namespace

TEST_CASE("ten thousand idle clients cost at most 1 KiB each") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  REQUIRE(wire::raise_descriptor_limit(kClients + 1000) >= kClients + 1000);
  Served<RedisShards> served({"limits: { clients: 20000 }"});
  // What the first clients bring about stays for the others.
  for (int i = 0; i < 10; ++i) {
    RespClient client = served.proxy.client();
    CHECK(client.call({"SET", "key" + std::to_string(i), "x"}).text == "OK");
    // So does what the cache of hot keys takes: what follows makes one hot.
    for (int reads = 0; reads < 500; ++reads) client.call({"GET", "key1"});
  }
  const size_t before = served.proxy.process().rss_bytes();
  std::vector<RespClient> clients;
  clients.reserve(kClients);
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(served.proxy.client());
    // They have all been of use once.
    if (clients.back().call({"GET", "key1"}).text != "x") FAIL("client ", i);
  }
  CHECK(served.proxy.metric("slotway_client_connections") == kClients);
  const size_t each = (served.proxy.process().rss_bytes() - before) / kClients;
  MESSAGE("bytes for each client: ", each);
  CHECK(each <= kMaxBytesEach);
}

TEST_CASE("the cache of hot keys takes what it counts, with the commands that it answers") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  constexpr size_t kMember = 8u << 20;
  Cached cached(1);
  RespClient client = cached.proxy.client();
  const auto cache = [&](char letter) {
    const Command read = {"SMISMEMBER", "k", std::string(kMember, letter)};
    REQUIRE(comes_to_be_cached(client, read, cached.shard.port(), "smismember"));
    // Enough reads for each fetch that the key stays.
    for (int i = 0; i < 20; ++i) client.call({"SMISMEMBER", "k", "m"});
  };
  cached.direct().call({"SADD", "k", "x"});
  cache('a');  // what such a request takes for a moment has been taken once
  const size_t before = cached.proxy.process().rss_bytes();
  const double counted_before = cached.proxy.metric("slotway_cache_bytes");
  for (char letter = 'b'; letter < 'g'; ++letter) cache(letter);
  const double counted = cached.proxy.metric("slotway_cache_bytes") - counted_before;
  const auto taken = static_cast<double>(cached.proxy.process().rss_bytes() - before);
  MESSAGE("counted: ", counted, " bytes, taken: ", taken);
  CHECK(counted >= 5 * kMember);
  CHECK(taken <= 1.5 * counted);
}

TEST_CASE("memory falls back after a burst") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  constexpr size_t kBurst = 500;
  Served<RedisShards> served;
  for (const std::string& key : two_keys_each()) {
    CHECK(served.proxy.client().call({"SET", key, std::string(4096, 'v')}).text == "OK");
  }
  {
    // In use as it was before the burst: every worker has served some clients.
    std::vector<RespClient> clients;
    for (size_t i = 0; i < 100; ++i) clients.push_back(served.proxy.client());
    for (RespClient& client : clients) client.request({"GET", key_of_shard(0)});
    for (RespClient& client : clients) client.receive();
    // What the cache of hot keys takes stays.
    for (size_t i = 0; i < 3000; ++i) clients[i % 2].call({"GET", two_keys_each()[i % 6]});
  }
  const size_t before = served.proxy.process().rss_bytes();
  {
    std::string bytes;
    for (size_t i = 0; i < 300; ++i) bytes += encode_request({"GET", two_keys_each()[i % 6]});
    std::vector<RespClient> clients;
    for (size_t i = 0; i < kBurst; ++i) clients.push_back(served.proxy.client());
    for (RespClient& client : clients) client.send(bytes);
    const size_t waiting = kBurst * 300 * 4096 / 10;  // most of it in the kernel
    const auto begun = Clock::now();
    while (served.proxy.process().rss_bytes() < before + waiting && Clock::now() < begun + kLong) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    CHECK(served.proxy.process().rss_bytes() >= before + waiting);
  }
  const auto ended = Clock::now();
  const auto fallen_back = [&] {
    return served.proxy.process().rss_bytes() <= before + before / 5;
  };
  while (!fallen_back() && Clock::now() < ended + std::chrono::seconds(10)) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  MESSAGE("before: ", before, " bytes, after: ", served.proxy.process().rss_bytes());
  CHECK(fallen_back());
}

}  // namespace slotway::tests
