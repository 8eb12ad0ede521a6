// slotway-store on its own, against clients that misuse time and memory.

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a store asks for its password and reads little before") {
  StoreProcess store({"--requirepass", "secret"});
  CHECK(last_words(store.port(), "*100\r\n") ==
        "-ERR Protocol error: unauthenticated multibulk length\r\n");
  CHECK(last_words(store.port(), "*2\r\n$100000000\r\n") ==
        "-ERR Protocol error: unauthenticated bulk length\r\n");
  RespClient client(store.port());
  client.send(encode_request({"SET", "key", "1"}) + encode_request({"AUTH", "wrong"}) +
              encode_request({"GET", "key"}) + encode_request({"AUTH", "secret"}) +
              encode_request({"SET", "key", "2"}) + encode_request({"GET", "key"}));
  CHECK(client.receive().text.starts_with("NOAUTH"));
  CHECK(client.receive().text.starts_with("WRONGPASS"));
  CHECK(client.receive().text.starts_with("NOAUTH"));
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "OK");
  CHECK(client.receive().text == "2");
  CHECK(client.call({"SET", "key", std::string(kMiB, 'x')}).text == "OK");
}

TEST_CASE("a store closes a client that does not read before AUTH") {
  StoreProcess store({"--requirepass", "secret"});
  const size_t before = store.process().rss_bytes();
  RespClient client(Socket::connect(store.port(), 4096));
  const std::string pings = repeated(encode_request({"PING"}), 10'000);
  CHECK_THROWS([&] {
    // What the buffers of the kernel hold does not count.
    for (int i = 0; i < 50; ++i) client.send(pings);
  }());
  if (!kSanitized) CHECK(store.process().rss_bytes() < before + 2 * kMiB);
}

TEST_CASE("a store above its limit of clients says so") {
  const TempDir files;
  StoreProcess store({"--config", files.write("store.conf", "maxclients 5\n")});
  std::vector<RespClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(store.port());
    // The connection by which the start was seen may not be gone yet.
    CHECK(eventually([&] {
      try {
        return clients.back().call({"PING"}).text == "PONG";
      } catch (const std::runtime_error&) {
        clients.pop_back();
        clients.emplace_back(store.port());
        return false;
      }
    }));
  }
  CHECK(RespClient(store.port()).receive_until_end() == "-ERR max number of clients reached\r\n");
  CHECK(clients[0].call({"SET", "key", "value"}).text == "OK");
}

TEST_CASE("a store holds a million commands without a reader back") {
  constexpr size_t kCommands = 1'000'000;
  StoreProcess store;
  Bystander bystander(store.port());
  REQUIRE(bystander.is_served());
  const std::string value(100, 'v');
  REQUIRE(RespClient(store.port()).call({"SET", "key", value}).text == "OK");
  const size_t before = store.process().rss_bytes();
  RespClient client(Socket::connect(store.port(), 65536));
  std::atomic<size_t> sent{0};
  auto sending = std::async(std::launch::async, [&] {
    const std::string thousand = repeated(encode_request({"GET", "key"}), 1000);
    for (size_t i = 0; i < kCommands; i += 1000) {
      client.send(thousand);
      ++sent;
    }
  });
  size_t last = 0;
  REQUIRE(eventually([&] {
    std::this_thread::sleep_for(patience(milliseconds(100)));
    return std::exchange(last, sent) == sent;
  }));
  CHECK(last < kCommands / 1000);
  if (!kSanitized) CHECK(store.process().rss_bytes() < before + 80 * kMiB);  // of 64 MiB output
  CHECK(bystander.is_served());
  const std::string reply = "$100\r\n" + value + "\r\n";
  size_t right = 0;
  for (size_t i = 0; i < kCommands; ++i) right += client.receive_raw() == reply ? 1 : 0;
  CHECK(right == kCommands);
  sending.get();
}

TEST_CASE("a store ends by SIGTERM and starts again on its port") {
  StoreProcess store;
  RespClient client(store.port());
  CHECK(client.call({"SET", "key", "value"}).text == "OK");
  store.kill();
  CHECK(client.closed());
  store.start();
  CHECK(RespClient(store.port()).call({"GET", "key"}).null);
}

}  // namespace slotway::tests
