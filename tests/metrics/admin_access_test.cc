#include "metrics/admin_access.h"

#include <doctest/doctest.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "metrics/admin_server.h"
#include "tests/support/http.h"

using namespace slotway::metrics;

namespace {

const std::string kToken = "correct-horse";

// A server with one page, which any thread may ask.
struct Served {
  explicit Served(const std::string& token = {}, const std::string& address = "127.0.0.1:0") {
    const auto yes = [](const HttpRequest&) { return text_response(200, "yes"); };
    auto started = AdminServer::start({.address = address,
                                       .ready =
                                           [] {
                                             return Ready{true, "", {}};
                                           },
                                       .metrics = std::make_shared<prometheus::Registry>(),
                                       .pages = {{"GET", "/api/v1/shown", yes},
                                                 {"POST", "/api/v1/done", yes},
                                                 {"GET", "/", yes, true}},
                                       .token = token});
    REQUIRE(started.ok());
    server = std::move(started).value();
  }
  // The status of the answer to a request with these header lines.
  int get(const std::string& path, const std::string& headers = {}) const {
    return slotway::tests::http_ask(server->port(), "GET", path, headers).status;
  }
  int post(const std::string& path, const std::string& headers = {}) const {
    return slotway::tests::http_ask(server->port(), "POST", path, headers).status;
  }

  std::unique_ptr<AdminServer> server;
};

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

}  // namespace

TEST_CASE("without a token, a server on loopback answers to names of this machine alone") {
  const Served served;
  CHECK(served.get("/api/v1/shown") == 200);  // HTTP/1.0 needs no Host
  for (const char* host : {"localhost", "127.0.0.1:1", "[::1]:9180"}) {
    CAPTURE(host);
    CHECK(served.get("/api/v1/shown", "Host: " + std::string(host) + "\r\n") == 200);
  }
  for (const char* path : {"/api/v1/shown", "/metrics", "/"}) {
    CAPTURE(path);
    CHECK(served.get(path, "Host: evil.example:9180\r\n") == 403);
  }
  CHECK(served.post("/api/v1/done", "Host: evil.example\r\n") == 403);
}

TEST_CASE("without a token, an address that others reach may be called by any name") {
  CHECK(Served({}, "0.0.0.0:0").get("/api/v1/shown", "Host: a.example\r\n") == 200);
}

TEST_CASE("with a token, every page wants it but those that are open") {
  const Served served(kToken);
  for (const char* path : {"/", "/healthz", "/readyz"}) {
    CAPTURE(path);
    CHECK(served.get(path) == 200);
  }
  for (const char* path : {"/api/v1/shown", "/metrics"}) {
    CAPTURE(path);
    CHECK(served.get(path) == 401);
    for (const std::string& wrong :
         {std::string("Authorization: Bearer\r\n"), bearer(""), bearer("wrong"),
          bearer(kToken + "x"), bearer(kToken.substr(1)), bearer(kToken + kToken),
          "Authorization: Basic " + kToken + "\r\n", "Authorization: " + kToken + "\r\n"}) {
      CAPTURE(wrong);
      CHECK(served.get(path, wrong) == 401);
    }
    CHECK(served.get(path, bearer(kToken)) == 200);
    CHECK(served.get(path, "authorization: bearer " + kToken + "\r\n") == 200);
  }
  CHECK(served.post("/api/v1/done") == 401);
  CHECK(served.post("/api/v1/done", bearer(kToken)) == 200);
  // By any name: a reverse proxy passes its own on.
  CHECK(served.get("/api/v1/shown", bearer(kToken) + "Host: a.example\r\n") == 200);
  const auto refused = slotway::tests::http_ask(served.server->port(), "GET", "/api/v1/shown", "");
  CHECK(refused.body == "{\"error\":\"expected the header 'Authorization: Bearer TOKEN'\"}\n");
}

TEST_CASE("a token can be replaced and taken away") {
  const Served served(kToken);
  served.server->set_token("another-one");
  CHECK(served.get("/metrics", bearer(kToken)) == 401);
  CHECK(served.get("/metrics", bearer("another-one")) == 200);
  served.server->set_token("");
  CHECK(served.get("/metrics") == 200);
}

TEST_CASE("what a web page sends changes nothing, with or without the token") {
  CHECK(Served().post("/api/v1/done", "Origin: http://evil.example\r\n") == 403);
  CHECK(Served(kToken).post("/api/v1/done", bearer(kToken) + "Origin: null\r\n") == 403);
  CHECK(Served().get("/api/v1/shown", "Origin: http://evil.example\r\n") == 200);
}
