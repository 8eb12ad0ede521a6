#include "metrics/dashboard.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "metrics/exporter.h"
#include "tests/metrics/fake_commands.h"

using namespace slotway::metrics;

namespace {

struct Answer {
  std::string head;
  std::string body;
  bool has(const std::string& line) const { return head.find(line + "\r\n") != std::string::npos; }
};

Answer get(uint16_t port, const std::string& path, const std::string& header = "") {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const std::string text = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
  REQUIRE(send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  std::string all;
  char buffer[65536];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    all.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  const size_t end = all.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return {all.substr(0, end + 2), all.substr(end + 4)};
}

std::string source(const std::string& name) {
  std::ifstream file(SLOTWAY_SOURCE_DIR "/metrics/dashboard/" + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the dashboard is served from the program, and a browser is told to stay with it") {
  Registry registry{3};
  AdminOptions options;
  options.address = "127.0.0.1:0";
  options.ready = [] { return Ready{}; };
  options.metrics = std::make_shared<Exporter>(registry, "1.2.3", testing::fake_commands());
  options.pages = dashboard_pages();
  auto server = AdminServer::start(std::move(options));
  REQUIRE(server.ok());
  const uint16_t port = (*server)->port();

  const struct {
    const char* path;
    const char* file;
    const char* type;
  } pages[] = {
      {"/", "index.html", "text/html; charset=utf-8"},
      {"/dashboard/icon.svg", "icon.svg", "image/svg+xml"},
      {"/dashboard/vendor/uPlot/uPlot.min.css", "vendor/uPlot/uPlot.min.css",
       "text/css; charset=utf-8"},
      {"/dashboard/vendor/uPlot/uPlot.iife.min.js", "vendor/uPlot/uPlot.iife.min.js",
       "text/javascript; charset=utf-8"},
  };
  for (const auto& page : pages) {
    CAPTURE(page.path);
    const Answer answer = get(port, page.path);
    CHECK(answer.head.starts_with("HTTP/1.1 200 "));
    CHECK(answer.has(std::string("Content-Type: ") + page.type));
    CHECK(answer.has("Cache-Control: no-cache"));
    CHECK(answer.has("X-Content-Type-Options: nosniff"));
    CHECK(answer.head.find("\r\nContent-Security-Policy: default-src 'self';") !=
          std::string::npos);
    CHECK(answer.body == source(page.file));

    const size_t at = answer.head.find("\r\nETag: \"");
    REQUIRE(at != std::string::npos);
    const std::string tag = answer.head.substr(at + 8, answer.head.find("\r\n", at + 2) - at - 8);
    const Answer same = get(port, page.path, "If-None-Match: " + tag + "\r\n");
    CHECK(same.head.starts_with("HTTP/1.1 304 "));
    CHECK(same.body.empty());
    const Answer other = get(port, page.path, "If-None-Match: \"0\"\r\n");
    CHECK(other.body == answer.body);
  }
  CHECK(get(port, "/dashboard/").head.starts_with("HTTP/1.1 404 "));
  CHECK(get(port, "/dashboard/vendor/uPlot/LICENSE").head.starts_with("HTTP/1.1 404 "));
}
