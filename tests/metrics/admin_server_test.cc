#include "metrics/admin_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "metrics/exporter.h"
#include "tests/metrics/fake_commands.h"

using namespace slotway::metrics;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// A client's socket, connected to the server; `receive_buffer` in bytes, 0 for the usual one.
class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer != 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }
  Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Client& operator=(Client&&) = delete;

  void send(std::string_view text) const {
    CHECK(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  // Everything until the server closes, or until 20 s without a byte.
  std::string read_all() const {
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    std::string all;
    char buffer[65536];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }

 private:
  int fd_;
};

std::string get(uint16_t port, const std::string& path, const std::string& method = "GET") {
  Client client(port);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

std::string body_of(const std::string& response) {
  const size_t at = response.find("\r\n\r\n");
  return at == std::string::npos ? "" : response.substr(at + 4);
}

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

struct Fixture {
  Registry registry{3};
  WorkerMetrics& worker = registry.add_worker();
  std::atomic<bool> ready{true};
  std::atomic<bool> broken{false};

  AdminOptions options(const std::string& address = "127.0.0.1:0") {
    return {
        address,
        [this] {
          if (broken) throw std::runtime_error("no answer");
          Ready answer;
          answer.ready = ready;
          answer.reason = ready ? "" : "1 of 1 shards is down";
          answer.checks.push_back({"shard main/a", ready, "127.0.0.1:6379"});
          return answer;
        },
        std::make_shared<Exporter>(registry, "1.2.3", slotway::metrics::testing::fake_commands())};
  }
  std::unique_ptr<AdminServer> start() {
    auto server = AdminServer::start(options());
    REQUIRE(server.ok());
    return std::move(server).value();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "/metrics answers in Prometheus's text format") {
  const auto server = start();
  worker.record(0, false, 1'000'000);
  const std::string response = get(server->port(), "/metrics");
  CHECK(starts_with(response, "HTTP/1.1 200 OK\r\n"));
  CHECK(response.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(body_of(response).find("slotway_requests_total{command=\"get\"} 1\n") != std::string::npos);
  const std::string length = "Content-Length: " + std::to_string(body_of(response).size()) + "\r\n";
  CHECK(response.find(length) != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "/healthz answers ok, /readyz what the program says") {
  const auto server = start();
  CHECK(body_of(get(server->port(), "/healthz")) == "ok\n");
  const std::string up = get(server->port(), "/readyz");
  CHECK(starts_with(up, "HTTP/1.1 200 "));
  CHECK(nlohmann::json::parse(body_of(up))["ready"] == true);
  ready = false;
  const std::string down = get(server->port(), "/readyz");
  CHECK(starts_with(down, "HTTP/1.1 503 "));
  const auto answer = nlohmann::json::parse(body_of(down));
  CHECK(answer["ready"] == false);
  CHECK(answer["reason"] == "1 of 1 shards is down");
  CHECK(answer["checks"][0]["name"] == "shard main/a");
  CHECK(answer["checks"][0]["ok"] == false);
  CHECK(starts_with(get(server->port(), "/healthz"), "HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(Fixture, "a callback that throws is a 500 and nothing worse") {
  const auto server = start();
  broken = true;
  CHECK(starts_with(get(server->port(), "/readyz"), "HTTP/1.1 500 "));
  CHECK(starts_with(get(server->port(), "/healthz"), "HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(Fixture, "other paths and methods are refused") {
  const auto server = start();
  for (const char* path : {"/", "/metrics/x", "/healthzz", "/../etc/passwd", "/readyz/"}) {
    CAPTURE(path);
    CHECK(starts_with(get(server->port(), path), "HTTP/1.1 404 "));
  }
  for (const char* method : {"DELETE", "POST", "OPTIONS", "PUT"}) {
    CAPTURE(method);
    CHECK(starts_with(get(server->port(), "/metrics", method), "HTTP/1.1 405 "));
  }
  const std::string head = get(server->port(), "/metrics", "HEAD");
  CHECK(starts_with(head, "HTTP/1.1 200 "));
  CHECK(body_of(head).empty());
}

TEST_CASE_FIXTURE(Fixture, "the owner's pages: method, query and errors") {
  const auto shown = [](const HttpRequest& request) {
    CHECK(starts_with(request.peer, "127.0.0.1:"));
    std::string text;
    for (const auto& [name, value] : request.query) text += name + "=" + value + ";";
    return text_response(200, text);
  };
  AdminOptions with_pages = options();
  with_pages.pages = {{"GET", "/shown", shown},
                      {"POST", "/done", shown},
                      {"GET", "/broken", [](const HttpRequest&) -> HttpResponse {
                         throw std::runtime_error("no answer");
                       }}};
  auto started = AdminServer::start(std::move(with_pages));
  REQUIRE(started.ok());
  const uint16_t port = (*started)->port();
  CHECK(body_of(get(port, "/shown")) == "");
  CHECK(body_of(get(port, "/shown?a=%2A&b=c+d")) == "a=*;b=c d;");
  CHECK(starts_with(get(port, "/shown?a=%2"), "HTTP/1.1 400 "));
  CHECK(body_of(get(port, "/shown?a=1", "HEAD")) == "");
  CHECK(get(port, "/shown", "POST").find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
  CHECK(body_of(get(port, "/done?a=b", "POST")) == "a=b;");
  for (const char* method : {"GET", "HEAD"}) {
    const std::string refused = get(port, "/done", method);
    CHECK(starts_with(refused, "HTTP/1.1 405 "));
    CHECK(refused.find("\r\nAllow: POST\r\n") != std::string::npos);
  }
  CHECK(starts_with(get(port, "/done/x", "POST"), "HTTP/1.1 404 "));
  CHECK(starts_with(get(port, "/none", "POST"), "HTTP/1.1 404 "));
  CHECK(starts_with(get(port, "/broken"), "HTTP/1.1 500 "));
  Client web_page(port);
  web_page.send(
      "POST /done HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\nContent-Length: 0\r\n\r\n");
  CHECK(starts_with(web_page.read_all(), "HTTP/1.1 403 "));
}

TEST_CASE_FIXTURE(Fixture, "errors below /api/ are JSON, others a line") {
  AdminOptions with_page = options();
  with_page.pages = {{"POST", "/api/v1/done", [](const HttpRequest&) -> HttpResponse {
                        throw std::runtime_error("no answer");
                      }}};
  auto started = AdminServer::start(std::move(with_page));
  REQUIRE(started.ok());
  const uint16_t port = (*started)->port();
  for (const auto& [method, path, status] :
       {std::tuple("GET", "/api/v1/none", "404"), std::tuple("GET", "/api/v1/done", "405"),
        std::tuple("PUT", "/api/v1/done", "405"), std::tuple("POST", "/api/v1/done?%", "400"),
        std::tuple("POST", "/api/v1/done", "500")}) {
    CAPTURE(path);
    const std::string response = get(port, path, method);
    CHECK(starts_with(response, std::string("HTTP/1.1 ") + status));
    CHECK(response.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(nlohmann::json::parse(body_of(response)).at("error").is_string());
  }
  CHECK(get(port, "/none").find("\r\nContent-Type: text/plain") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what is not HTTP is answered by an error or by nothing") {
  const auto server = start();
  for (const std::string& request :
       {std::string("\r\n\r\n"), std::string("*1\r\n$4\r\nPING\r\n\r\n"),
        std::string("GET\r\n\r\n"), "GET /" + std::string(40'000, 'x') + " HTTP/1.1\r\n\r\n",
        std::string("GET /metrics HTTP/9.9\r\n\r\n")}) {
    CAPTURE(request.substr(0, 20));
    Client client(server->port());
    client.send(request);
    CHECK(client.read_all().find("200 OK") == std::string::npos);
  }
  CHECK(starts_with(get(server->port(), "/healthz"), "HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(Fixture, "an address that cannot be used is an error that names it") {
  const auto server = start();
  const std::string taken = "127.0.0.1:" + std::to_string(server->port());
  for (const std::string& address :
       {taken, std::string("192.0.2.1:9121"), std::string("127.0.0.1"), std::string("127.0.0.1:"),
        std::string("127.0.0.1:9121s"), std::string("127.0.0.1:9121,9122"),
        std::string("127.0.0.1:70000"), std::string("a b:9121")}) {
    CAPTURE(address);
    const auto second = AdminServer::start(options(address));
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().message.find(address) != std::string::npos);
    CHECK(second.error().message.find('\n') == std::string::npos);
  }
  const auto again = AdminServer::start(options(taken));
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().message.find("Address already in use") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "the port is free again once the server has stopped") {
  uint16_t port = 0;
  {
    const auto server = start();
    port = server->port();
  }
  const auto again = AdminServer::start(options("127.0.0.1:" + std::to_string(port)));
  REQUIRE(again.ok());
  CHECK(again.value()->port() == port);
}

TEST_CASE_FIXTURE(Fixture, "ten clients that hang take nothing from the others") {
  // A long answer, so that a client which never reads does block a writer.
  for (int i = 0; i < 2'000; ++i) worker.shard("main", "shard-" + std::to_string(i));
  const auto server = start();
  std::vector<Client> hanging;
  for (int i = 0; i < 4; ++i) hanging.emplace_back(server->port()).send("GET /met");
  for (int i = 0; i < 3; ++i) hanging.emplace_back(server->port());
  for (int i = 0; i < 3; ++i) {
    hanging.emplace_back(server->port(), 4096)
        .send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  std::this_thread::sleep_for(300ms);
  const auto before = Clock::now();
  CHECK(starts_with(get(server->port(), "/healthz"), "HTTP/1.1 200 "));
  CHECK(starts_with(get(server->port(), "/metrics"), "HTTP/1.1 200 "));
  CHECK(Clock::now() - before < 4s);  // below the timeout: nobody was waited for
}

TEST_CASE_FIXTURE(Fixture, "more hanging clients than threads are waited out") {
  const auto server = start();
  std::vector<Client> hanging;
  for (int i = 0; i < 24; ++i) hanging.emplace_back(server->port()).send("GET /met");
  const auto before = Clock::now();
  CHECK(starts_with(get(server->port(), "/healthz"), "HTTP/1.1 200 "));
  CHECK(Clock::now() - before < 15s);
  // A client that hung was told to go.
  CHECK(Clock::now() - before > 3s);
  CHECK(hanging.front().read_all().find("200 OK") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "an idle server stops at once, whatever its address") {
  for (const char* address : {"127.0.0.1:0", "0.0.0.0:0", ":0", "localhost:0"}) {
    CAPTURE(address);
    auto server = AdminServer::start(options(address));
    REQUIRE(server.ok());
    CHECK(server.value()->port() != 0);
    CHECK(starts_with(get(server.value()->port(), "/healthz"), "HTTP/1.1 200 "));
    const auto before = Clock::now();
    server.value().reset();
    CHECK(Clock::now() - before < 1s);
  }
}

TEST_CASE_FIXTURE(Fixture, "a stop does not wait for the timeout of a client that hangs") {
  auto server = start();
  Client half(server->port());
  half.send("GET /met");
  Client silent(server->port());
  std::this_thread::sleep_for(100ms);
  const auto before = Clock::now();
  server.reset();
  CHECK(Clock::now() - before < 4s);
}
