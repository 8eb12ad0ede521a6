// slotway-store on its own, against clients that misuse time and memory.

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "tests/e2e/flood.h"
#include "tests/e2e/servers.h"

namespace slotway::tests {

namespace {

constexpr size_t kMiB = 1 << 20;

// A field of INFO; 0 if it is not there.
size_t info_field(RespClient& client, const std::string& name) {
  const std::string text = client.call({"INFO", "everything"}).text;
  const size_t at = text.find("\n" + name + ":");
  return at == std::string::npos ? 0 : std::stoul(text.substr(at + name.size() + 2));
}

// A store whose clients are held to a second.
struct Impatient {
  explicit Impatient(const std::string& settings)
      : store({"--config", files.write("store.conf", settings)}), observer(store.port()) {}

  TempDir files;
  StoreProcess store;
  RespClient observer;
};

// A store on a Unix socket that begins with these limits of open files.
struct Cramped {
  Cramped(unsigned soft, unsigned hard, const std::string& settings) {
    const std::string file =
        files.write("store.conf", settings + "port 0\nunixsocket " + files.file("socket") + "\n");
    const std::string command = "ulimit -S -n " + std::to_string(soft) + " && exec " +
                                SLOTWAY_STORE_PATH + " --config " + file;
    process.emplace(std::vector<std::string>{"sh", "-c", command}, hard);
    REQUIRE(eventually([&] { return !process->running() || serves(); }));
  }

  RespClient client() const { return RespClient(Socket::connect_unix(files.file("socket"))); }
  bool serves() const {
    try {
      return client().call({"PING"}).text == "PONG";
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  TempDir files;
  std::optional<Process> process;
};

// Asks for a large value and reads it over `time`, so slowly that most of that time the store has
// output left.
void download_slowly(RespClient& client, milliseconds time) {
  constexpr size_t kSize = 32 * kMiB;
  REQUIRE(client.call({"SET", "large", std::string(kSize, 'x')}).text == "OK");
  client.request({"GET", "large"});
  std::string received;
  const size_t size = std::string("$33554432\r\n").size() + kSize + 2;
  const auto begin = Clock::now();
  while (received.size() < size) {
    REQUIRE(client.socket().receive(received) > 0);
    const auto due = begin + time * static_cast<int64_t>(received.size() / 1024) /
                                 static_cast<int64_t>(size / 1024);
    std::this_thread::sleep_until(due);
  }
  CHECK(received.starts_with("$33554432\r\nxxx"));
  CHECK(received.ends_with("xxx\r\n"));
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

TEST_CASE("a store raises the limit of open files to what its clients need") {
  const Cramped store(40, 300, "maxclients 200\n");
  RespClient client = store.client();
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).find("maxclients")->text == "200");
  CHECK(store.process->output().find("open files") == std::string::npos);
  std::vector<RespClient> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.push_back(store.client());
    CHECK(crowd.back().call({"PING"}).text == "PONG");
  }
}

TEST_CASE("a store without descriptors for its clients takes fewer and says so") {
  const Cramped store(40, 100, "");
  CHECK(store.process->wait_for_output("maxclients is 68 instead of 10000"));
  RespClient client = store.client();
  CHECK(client.call({"CONFIG", "GET", "maxclients"}).find("maxclients")->text == "68");
  CHECK(client.call({"CONFIG", "SET", "maxclients", "69"}).text ==
        "ERR CONFIG SET failed (possibly related to argument 'maxclients') - the limit of open "
        "files allows for 68");
  CHECK(client.call({"CONFIG", "SET", "maxclients", "60"}).text == "OK");
  CHECK(client.call({"CONFIG", "SET", "maxclients", "68"}).text == "OK");
  Cramped none(32, 32, "");
  CHECK(none.process->wait_exit() == 1);
  CHECK(none.process->output().find("too low for any client") != std::string::npos);
}

TEST_CASE("a store holds a million commands without a reader back") {
  StoreProcess store;
  Bystander bystander(store.port());
  REQUIRE(bystander.is_served());
  const std::string value(100, 'v');
  REQUIRE(RespClient(store.port()).call({"SET", Flood::kKey, value}).text == "OK");
  const size_t before = store.process().rss_bytes();
  Flood flood(store.port());
  CHECK(flood.is_held_back());
  if (!kSanitized) CHECK(store.process().rss_bytes() < before + 80 * kMiB);  // of 64 MiB output
  CHECK(bystander.is_served());
  CHECK(flood.all_are("$100\r\n" + value + "\r\n"));
}

TEST_CASE("a store closes clients that never finish a command and serves others") {
  constexpr size_t kTrickling = 200;
  Impatient impatient("partial-timeout 1\n");
  CHECK(impatient.observer.call({"CONFIG", "GET", "partial-timeout"}).to_string() ==
        "*2[$partial-timeout $1]");
  Bystander bystander(impatient.store.port());
  RespClient idle(impatient.store.port());
  std::vector<RespClient> trickling;
  for (size_t i = 0; i < kTrickling; ++i) {
    trickling.emplace_back(Socket::connect(impatient.store.port()));
    trickling.back().send(i % 2 == 0 ? "*2\r\n$60000\r\n" : "PIN");
  }
  const auto begin = Clock::now();
  size_t sent = 0;
  while (info_field(impatient.observer, "clients_closed_partial") < kTrickling) {
    for (RespClient& client : trickling) sent += send_all(client, "E") ? 1 : 0;
    REQUIRE(bystander.is_served());
    REQUIRE(Clock::now() - begin < kLong);
  }
  CHECK(sent > 0);
  CHECK(Clock::now() - begin >= milliseconds(1000));
  for (RespClient& client : trickling) CHECK(client.closed());
  CHECK(idle.call({"PING"}).text == "PONG");  // without half a command there is no limit
}

TEST_CASE("a store closes a client that writes and never reads") {
  Impatient impatient("");
  REQUIRE(impatient.observer.call({"CONFIG", "SET", "stalled-timeout", "1"}).text == "OK");
  Bystander bystander(impatient.store.port());
  REQUIRE(bystander.is_served());
  const size_t before = impatient.store.process().rss_bytes();
  RespClient client(Socket::connect(impatient.store.port(), 4096));
  client.call({"SET", "key", std::string(1000, 'v')});
  auto sending = std::async(std::launch::async, [&] {
    const std::string hundred = repeated(encode_request({"GET", "key"}), 100);
    while (send_all(client, hundred)) continue;
  });
  size_t most = 0;
  CHECK(eventually([&] {
    most = std::max(most, impatient.store.process().rss_bytes());
    REQUIRE(bystander.is_served());
    return info_field(impatient.observer, "clients_closed_stalled") == 1;
  }));
  sending.get();
  if (!kSanitized) CHECK(most < before + 80 * kMiB);  // of 64 MiB output
  CHECK(bystander.is_served());
}

TEST_CASE("a store takes no client that reads slowly for one that does not read") {
  Impatient impatient("stalled-timeout 1\n");
  RespClient client(Socket::connect(impatient.store.port(), 65536));
  download_slowly(client, milliseconds(7000));
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(info_field(impatient.observer, "clients_closed_stalled") == 0);
}

TEST_CASE("a store takes no client that is being sent something for an idle one") {
  Impatient impatient("timeout 2\n");
  RespClient client(Socket::connect(impatient.store.port(), 65536));
  download_slowly(client, milliseconds(4000));
  CHECK(client.call({"PING"}).text == "PONG");
  CHECK(client.closed());  // and in the end it is idle
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
