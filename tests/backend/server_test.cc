// The server over real sockets: what the commands of the connection do, limits, bad input, start
// and stop.
#include "backend/server.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <thread>

#include "tests/backend/running_server.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"
#include "wire/slot.h"

namespace slotway::backend {

using tests::RespClient;
using tests::RespValue;

// ---- start and stop

TEST_CASE("a server that cannot listen says so and leaves nothing behind") {
  RunningServer first;
  Settings settings;
  settings.port = first.port();
  Server second(settings);
  const Status started = second.start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().message.find(std::to_string(first.port())) != std::string::npos);
  settings.port = 0;
  Server third(settings);
  CHECK_FALSE(third.start().ok());
  settings.port = tests::free_port();
  settings.bind = {"not-an-address"};
  Server fourth(settings);
  CHECK_FALSE(fourth.start().ok());
}

TEST_CASE("stopping closes clients, and a server can be stopped twice") {
  RunningServer running;
  RespClient client = running.client();
  CHECK(ask(client, "SET a b") == "+OK\r\n");
  running.server().stop();
  CHECK(client.receive_until_end().empty());
  running.server().stop();
  CHECK(running.server().key_count() == 0);
}

TEST_CASE("a Unix socket is served, and one that was left behind is taken over") {
  const tests::TempDir directory;
  Settings settings;
  settings.unix_socket = directory.file("store.sock");
  directory.write("store.sock", "");
  CHECK_FALSE(Server(settings).start().ok());  // not a socket: somebody's file
  std::filesystem::remove(settings.unix_socket);
  for (int round = 0; round < 2; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strcpy(address.sun_path, settings.unix_socket.c_str());
      const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
      _exit(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    REQUIRE(status == 0);
    Server server(settings);
    REQUIRE(server.start().ok());
    RespClient client(tests::Socket::connect_unix(settings.unix_socket));
    CHECK(ask(client, "PING") == "+PONG\r\n");
    server.stop();
    CHECK_FALSE(std::filesystem::exists(settings.unix_socket));
  }
}

TEST_CASE("an abstract socket is served") {
  Settings settings;
  settings.unix_socket = "@slotway-store-test-" + std::to_string(getpid());
  Server server(settings);
  REQUIRE(server.start().ok());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, settings.unix_socket.data() + 1,
              settings.unix_socket.size() - 1);
  tests::Socket socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address),
                    static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                           settings.unix_socket.size())) == 0);
  RespClient client(std::move(socket));
  CHECK(ask(client, "PING") == "+PONG\r\n");
}

TEST_CASE("keys are counted from another thread, over all databases and slots") {
  RunningServer running;
  RespClient client = running.client();
  ask(client, "MSET a 1 b 2 {a}c 3");
  ask(client, "SELECT 5");
  ask(client, "SET a 1");
  CHECK(tests::eventually([&] { return running.server().key_count() == 4; }));
  const wire::Slot slot = wire::slot_of_key("a");
  CHECK(running.server().key_count(slot, slot) == 3);
  CHECK(running.server().key_count(0, 16383) == 4);
}

// ---- authentication

TEST_CASE("without the password nothing but AUTH, HELLO, QUIT and RESET is served") {
  RunningServer running([](Settings& s) { s.password = "secret"; });
  RespClient client = running.raw();
  CHECK(ask(client, "GET a") == "-NOAUTH Authentication required.\r\n");
  CHECK(ask(client, "PING") == "-NOAUTH Authentication required.\r\n");
  CHECK(ask(client, "HELLO 3").starts_with("-NOAUTH HELLO must be called"));
  CHECK(ask(client, "AUTH wrong").starts_with("-WRONGPASS "));
  CHECK(ask(client, "AUTH nobody secret").starts_with("-WRONGPASS "));
  CHECK(ask(client, "HELLO 3 AUTH default wrong").starts_with("-WRONGPASS "));
  CHECK(ask(client, "HELLO 3 AUTH default secret SETNAME me").starts_with("%7\r\n"));
  CHECK(ask(client, "GET a") == "_\r\n");
  CHECK(ask(client, "CLIENT GETNAME") == "$2\r\nme\r\n");
  CHECK(ask(client, "RESET") == "+RESET\r\n");
  CHECK(ask(client, "GET a") == "-NOAUTH Authentication required.\r\n");
}

TEST_CASE("AUTH in a pipeline counts for what stands behind it, one reply for each") {
  RunningServer running([](Settings& s) { s.password = "secret"; });
  RespClient client = running.raw();
  const std::string large(100'000, 'x');
  const auto replies = client.exchange(
      tests::encode_request({"GET", "a"}) + tests::encode_request({"AUTH", "wrong"}) +
          tests::encode_request({"AUTH", "secret"}) + tests::encode_request({"SET", "a", large}) +
          tests::encode_request({"STRLEN", "a"}),
      5);
  CHECK(replies[0].starts_with("-NOAUTH"));
  CHECK(replies[1].starts_with("-WRONGPASS"));
  CHECK(replies[2] == "+OK\r\n");
  CHECK(replies[3] == "+OK\r\n");
  CHECK(replies[4] == ":100000\r\n");
}

TEST_CASE("before authentication requests and replies are small") {
  RunningServer running([](Settings& s) { s.password = "secret"; });
  RespClient many = running.raw();
  many.send("*100\r\n");
  CHECK(many.receive_until_end() == "-ERR Protocol error: unauthenticated multibulk length\r\n");
  RespClient large = running.raw();
  large.send("*2\r\n$3\r\nGET\r\n$100000000\r\n");
  CHECK(large.receive_until_end() == "-ERR Protocol error: unauthenticated bulk length\r\n");
  RespClient flood = running.raw();
  std::string pings;
  for (int i = 0; i < 10000; ++i) pings += "PING\r\n";
  flood.send(pings);
  CHECK(flood.receive_until_end().size() < 100'000);
}

// ---- limits

TEST_CASE("clients beyond the limit are told and closed, the others go on") {
  RunningServer running([](Settings& s) { s.max_clients = 2; });
  RespClient first = running.client();
  {
    RespClient second = running.client();
    RespClient third = running.raw();
    CHECK(third.receive_until_end() == "-ERR max number of clients reached\r\n");
    CHECK(ask(first, "PING") == "+PONG\r\n");
  }
  CHECK(tests::eventually([&] { return info_field(first, "connected_clients") == "1"; }));
  RespClient again = running.client();
  CHECK(ask(again, "PING") == "+PONG\r\n");
  CHECK(info_field(first, "rejected_connections") == "1");
}

TEST_CASE("half a command is at most client-query-buffer-limit, and keys give way to it") {
  RunningServer running;
  RespClient admin = running.client();
  const std::string large(1 << 20, 'x');
  const std::string begin = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4000000\r\n";
  CHECK(ask(admin, "CONFIG SET maxmemory 8mb maxmemory-policy allkeys-lru") == "+OK\r\n");
  for (int i = 0; i < 4; ++i) admin.call({"SET", std::to_string(i), large});
  CHECK(admin.call({"DBSIZE"}).integer() == 4);
  std::vector<RespClient> halves;
  for (int i = 0; i < 5; ++i) {
    halves.push_back(running.raw());
    halves.back().send(begin + large);
  }
  CHECK(tests::eventually([&] {
    ask(admin, "PING");
    return admin.call({"DBSIZE"}).integer() < 4;
  }));
  CHECK(ask(admin, "CONFIG SET client-query-buffer-limit 1mb") == "+OK\r\n");
  RespClient whole = running.raw();
  whole.send(begin);
  CHECK(whole.receive().is_error());
  CHECK(whole.receive_until_end().empty());
}

TEST_CASE("half a command is closed in time, and so is an idle client") {
  RunningServer running([](Settings& s) {
    s.partial_seconds = 1;
    s.idle_seconds = 4;
  });
  RespClient busy = running.client();
  RespClient half = running.raw();
  half.send("*2\r\n$3\r\nGET\r\n$10\r\nabc");
  CHECK(half.receive_until_end().empty());
  CHECK(info_field(busy, "clients_closed_partial") == "1");
  RespClient idle = running.client();
  std::thread([&] {
    for (int i = 0; i < 8; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1000));
      if (ask(busy, "PING") != "+PONG\r\n") return;
    }
  }).join();
  CHECK(idle.receive_until_end().empty());
  CHECK(info_field(busy, "clients_closed_idle") == "1");
}

TEST_CASE("a client that does not read is not served on, and resumes when it reads") {
  RunningServer running;
  RespClient other = running.client();
  CHECK(ask(other, "CONFIG SET client-output-limit 1mb") == "+OK\r\n");
  other.call({"SET", "big", std::string(100'000, 'x')});
  RespClient slow = running.client();
  constexpr int kRequests = 1000;  // 100 MB of replies
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += tests::encode_request({"GET", "big"});
  slow.send(requests);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(ask(other, "PING") == "+PONG\r\n");
  // Much less than everything was carried out.
  CHECK(std::stoull(info_field(other, "total_commands_processed")) < 500);
  for (int i = 0; i < kRequests; ++i) REQUIRE(slow.receive_raw().size() == 100'000 + 11);
  CHECK(ask(slow, "PING") == "+PONG\r\n");
}

TEST_CASE("a client that never reads is closed") {
  RunningServer running([](Settings& s) {
    s.max_output = 1 << 20;
    s.stalled_seconds = 1;
  });
  RespClient other = running.client();
  other.call({"SET", "big", std::string(1 << 20, 'x')});
  RespClient deaf(tests::Socket::connect(running.port(), /*receive_buffer=*/4096));
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += tests::encode_request({"GET", "big"});
  deaf.send(requests);
  CHECK(tests::eventually([&] { return info_field(other, "clients_closed_stalled") == "1"; }));
}

// ---- bad input

TEST_CASE("malformed requests get an error and the connection closes") {
  RunningServer running;
  const std::string cases[] = {
      "*3000000000\r\n",           "*3\r\n$3\r\nSET\r\nfooz\r\n", "*1\r\n$-10\r\n",
      "*1\r\n$2000000000\r\n",     "*1\r\n$blabla\r\n",           "*1\r\nfoo\r\n",
      "GET \"unbalanced\r\n",      "*1\r\n$4\r\nPINGXY",          "*1\r\n*1\r\n$4\r\nPING\r\n",
      "*18446744073709551617\r\n", "*1\r\n$+4\r\nPING\r\n",       "*1\r\n$04\r\nPING\r\n",
      "*1\n$4\r\nPING\r\n",        std::string("*\0", 2),         std::string(70'000, 'x'),
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes.substr(0, 40));
    RespClient client = running.raw();
    client.send(tests::encode_request({"PING"}) + bytes);
    const std::string answer = client.receive_until_end();
    CHECK(answer.starts_with("+PONG\r\n-ERR Protocol error: "));
    CHECK(answer.ends_with("\r\n"));
  }
  RespClient client = running.client();
  CHECK(info_field(client, "protocol_errors") == std::to_string(std::size(cases)));
}

TEST_CASE("empty commands are skipped, bad arguments leave the connection open") {
  RunningServer running;
  RespClient client = running.raw();
  client.send("\r\n*0\r\n*-1\r\n*-10\r\nPING\n");
  CHECK(client.receive_raw() == "+PONG\r\n");
  CHECK(ask(client, "PING x y z") == "-ERR wrong number of arguments for 'ping' command\r\n");
  client.request({std::string(1 << 20, 'n') + "\r\n", "arg"});
  const std::string unknown = client.receive_raw();
  CHECK(unknown.size() < 400);
  CHECK(unknown.find('\n') == unknown.size() - 1);
  CHECK(ask(client, "PING") == "+PONG\r\n");
}

TEST_CASE("a browser is closed at once and nothing it sends is carried out") {
  RunningServer running;
  RespClient client = running.client();
  for (const char* request : {"POST / HTTP/1.1\r\nSET evil 1\r\n", "Host: x\r\nSET evil 1\r\n"}) {
    RespClient browser = running.raw();
    browser.send(request);
    CHECK(browser.receive_until_end().empty());
  }
  CHECK(ask(client, "EXISTS evil") == ":0\r\n");
  CHECK(info_field(client, "clients_closed_security") == "2");
}

TEST_CASE("QUIT answers and drops the rest") {
  RunningServer running;
  RespClient client = running.raw();
  client.send("PING\r\nQUIT\r\nSET after 1\r\nPING\r\n");
  CHECK(client.receive_until_end() == "+PONG\r\n+OK\r\n");
  RespClient other = running.client();
  CHECK(ask(other, "EXISTS after") == ":0\r\n");
}

TEST_CASE("a client that closes its sending side still gets its replies") {
  RunningServer running;
  RespClient client = running.client();
  client.call({"SET", "big", std::string(4 << 20, 'x')});
  RespClient half = running.raw();
  half.send(tests::encode_request({"GET", "big"}) + tests::encode_request({"GET", "big"}));
  half.socket().shutdown_sending();
  CHECK(half.receive_until_end().size() == 2 * ((4 << 20) + 12));
}

TEST_CASE("commands arrive byte by byte and in batches") {
  RunningServer running;
  RespClient client = running.raw();
  for (const char c : tests::encode_request({"SET", "key", "value"})) {
    client.send(std::string_view(&c, 1));
  }
  CHECK(client.receive_raw() == "+OK\r\n");
  std::string bytes;
  constexpr size_t kCommands = 5000;
  for (size_t i = 0; i < kCommands; ++i) {
    bytes += tests::encode_request({"SET", "k" + std::to_string(i), std::to_string(i)});
    bytes += tests::encode_request({"GET", "k" + std::to_string(i / 2)});
  }
  const auto replies = client.exchange(bytes, 2 * kCommands);
  for (size_t i = 0; i < kCommands; ++i) {
    const std::string value = std::to_string(i / 2);
    REQUIRE(replies[2 * i] == "+OK\r\n");
    REQUIRE(replies[2 * i + 1] == "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n");
  }
}

}  // namespace slotway::backend
