// AdminServer: the HTTP server for operators, beside the data path and on threads of its own.
//
//     GET /metrics   the registry in Prometheus's text format
//     GET /healthz   200 "ok" as long as the process answers at all
//     GET /readyz    200 or 503 with JSON: can it serve clients, and if not, why
//
// and the pages that its owner adds. What is wrong with a request is answered by a line of text,
// below /api/ by {"error": "..."}. Who may ask: admin_access.h.
//
// Owned by the program; started last and stopped first, since its threads read the registry and
// call `ready`. A client that hangs holds one of its threads for a limited time and nothing else:
// no thread that serves clients ever waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "metrics/http_query.h"
#include "metrics/http_response.h"
#include "wire/result.h"

namespace prometheus {
class Collectable;
}

namespace slotway::metrics {

// The answer of /readyz: {"ready": ..., "reason": "...", "checks": [{"name", "ok", "detail"},
// ...]}.
struct Ready {
  struct Check {
    std::string name;  // "shard main/a"
    bool ok = false;
    std::string detail;
  };
  bool ready = false;
  std::string reason;  // one line; why it is not ready
  std::vector<Check> checks;
};

struct HttpRequest {
  HttpQuery query;
  std::string peer;  // who asks: "127.0.0.1:4711", "[::1]:4711"
};

// A page of the owner's.
struct AdminPage {
  std::string method;  // "GET", which brings HEAD along, or "POST"
  std::string path;    // "/api/v1/hotkeys"; no other page has it
  // Called on the server's threads, several at once; must not block for long.
  std::function<HttpResponse(const HttpRequest& request)> respond;
  bool is_open = false;  // holds no secret: everybody gets it, also where a token is asked for
};

struct AdminOptions {
  std::string address;  // "host:port", "[::1]:port"; port 0 takes a free one
  // Called on the server's threads, several at once; must not block.
  std::function<Ready()> ready;
  std::shared_ptr<const prometheus::Collectable> metrics;
  std::vector<AdminPage> pages = {};
  std::string token = {};  // that clients must give (admin_access.h); empty: none
};

class AdminServer {
 public:
  // Listens and serves, or says why not: a malformed address, one in use, one that is not here.
  static Result<std::unique_ptr<AdminServer>> start(AdminOptions options);
  // Stops, at once or, with clients that hang, within about two seconds.
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  uint16_t port() const { return port_; }
  // [any thread] From now on this is asked for.
  void set_token(std::string token);

 private:
  class Site;  // what is served, and the server that calls it
  explicit AdminServer(std::unique_ptr<Site> site, uint16_t port);

  const std::unique_ptr<Site> site_;
  const uint16_t port_;
};

}  // namespace slotway::metrics
