#include "metrics/admin_server.h"

#include <CivetServer.h>
#include <fmt/format.h>
#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "metrics/http_response.h"
#include "metrics/log.h"
#include "metrics/scrape_thread.h"

namespace slotway::metrics {
namespace {

// Each thread serves one connection at a time, so a client that hangs takes one out until the
// timeout. Sixteen leave some over when ten clients hang; they cost about 20 KiB each.
constexpr const char* kThreads = "16";
constexpr const char* kRequestTimeoutMs = "5000";
HttpResponse readiness(const std::function<Ready()>& ask) {
  const Ready ready = ask();
  nlohmann::ordered_json body;
  body["ready"] = ready.ready;
  body["reason"] = ready.reason;
  body["checks"] = nlohmann::ordered_json::array();
  for (const Ready::Check& check : ready.checks) {
    nlohmann::ordered_json row;
    row["name"] = check.name;
    row["ok"] = check.ok;
    row["detail"] = check.detail;
    body["checks"].push_back(std::move(row));
  }
  std::string text = body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return {ready.ready ? 200 : 503, "application/json",
          std::make_shared<const std::string>(std::move(text += '\n'))};
}

// "host:port" as CivetWeb wants it, or nothing. It would take lists, TLS and redirect suffixes too:
// none of them may come out of an address by accident.
std::optional<std::string> listening_port(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string_view bare = brackets ? host.substr(1, host.size() - 2) : host;
  const auto allowed = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || (brackets && c == ':');
  };
  if (!std::all_of(bare.begin(), bare.end(), allowed)) return std::nullopt;
  return host.empty() ? fmt::format("{}", port) : fmt::format("{}:{}", host, port);
}

// Connects to the server, on each address that its name has, and goes away again.
void knock(std::string_view address, uint16_t port) {
  std::string host(address.substr(0, address.rfind(':')));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // An empty host, and the address that stands for all, lead to this machine.
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints,
                  &found) != 0) {
    return;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    // Refused or under way: both are fine, the next knock follows.
    (void)connect(fd, at->ai_addr, at->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

}  // namespace

// Its address is given to CivetWeb's threads: it stays where it is until they have ended.
class AdminServer::Site {
 public:
  explicit Site(AdminOptions options)
      : options_(std::move(options)), scrape_thread_(options_.metrics) {
    const auto own = [this](const char* path, HttpResponse (Site::*respond)()) {
      pages_.push_back(
          {"GET", path, [this, respond](const HttpQuery&) { return (this->*respond)(); }});
    };
    own("/metrics", &Site::metrics);
    own("/healthz", &Site::healthz);
    own("/readyz", &Site::readyz);
    for (const AdminPage& page : options_.pages) pages_.push_back(page);
  }

  ~Site() {
    if (!exposer_) return;
    // CivetWeb's accepting thread looks for the end every two seconds only; a connection wakes it.
    const uint16_t port = bound_port();
    std::atomic<bool> stopped{false};
    std::thread waking([&] {
      while (!stopped) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        knock(options_.address, port);
      }
    });
    exposer_.reset();
    stopped = true;
    waking.join();
  }

  // Throws what Exposer throws; start_error() may know more.
  void listen(const std::string& port) {
    CivetCallbacks callbacks;
    callbacks.init_context = &Site::add_pages;
    callbacks.begin_request = &Site::refuse_method;
    callbacks.http_error = &Site::send_error;
    callbacks.log_message = &Site::take_message;
    const std::vector<std::string> options = {
        "listening_ports",   port, "num_threads", kThreads, "request_timeout_ms", kRequestTimeoutMs,
        "enable_keep_alive", "no"};
    starting_ = this;
    try {
      exposer_.emplace(options, &callbacks);
    } catch (...) {
      starting_ = nullptr;
      throw;
    }
    starting_ = nullptr;
  }

  // What CivetWeb said while it started; the first message names the cause.
  const std::string& start_error() const { return start_error_; }
  uint16_t bound_port() const {
    const std::vector<int> ports = exposer_->GetListeningPorts();
    return ports.empty() ? uint16_t{0} : static_cast<uint16_t>(ports.front());
  }

 private:
  // Runs on the thread that starts the server, before its threads exist.
  static void add_pages(const mg_context* context) {
    for (const AdminPage& page : starting_->pages_) {
      mg_set_request_handler(const_cast<mg_context*>(context), page.path.c_str(), &Site::handle,
                             const_cast<AdminPage*>(&page));
    }
  }

  static int take_message(const mg_connection*, const char* message) {
    static log::RateLimited limited(1, std::chrono::minutes(1));
    if (starting_ == nullptr) {
      limited.write(log::Level::kDebug, "admin server: {}", message);
    } else if (starting_->start_error_.empty()) {
      starting_->start_error_ = message;
    }
    return 1;
  }

  static int refuse_method(mg_connection* connection) {
    const std::string_view method = mg_get_request_info(connection)->request_method;
    if (method == "GET" || method == "HEAD" || method == "POST") return 0;
    send_response(connection, text_response(405, "only GET and HEAD\n"));
    return 405;
  }

  // CivetWeb's own error pages call gmtime() on several threads at once.
  static int send_error(mg_connection* connection, int status, const char* message) {
    send_response(connection, text_response(status, std::string(message) + "\n"));
    return 0;
  }

  static int handle(mg_connection* connection, void* data) noexcept {
    const AdminPage& page = *static_cast<const AdminPage*>(data);
    const mg_request_info* request = mg_get_request_info(connection);
    // A handler also gets what lies below its path; those pages do not exist.
    if (request->local_uri == nullptr || std::string_view(request->local_uri) != page.path) {
      return 0;
    }
    HttpResponse response;
    try {
      response = answer(page, connection, *request);
    } catch (const std::exception& error) {
      static log::RateLimited limited(1, std::chrono::minutes(1));
      limited.write(log::Level::kError, "admin server: {} failed: {}", page.path, error.what());
      response = text_response(500, "failed\n");
    }
    send_response(connection, response);
    return response.status;
  }

  static HttpResponse answer(const AdminPage& page, const mg_connection* connection,
                             const mg_request_info& request) {
    const std::string_view method = request.request_method;
    if (page.method == "POST" && method != "POST") {
      HttpResponse refusal = text_response(405, "only POST\n");
      refusal.allow = "POST";
      return refusal;
    }
    if (page.method != "POST" && method == "POST") return text_response(405, "only GET and HEAD\n");
    // A web page that an operator looks at must not be able to change anything.
    if (method == "POST" && mg_get_header(connection, "Origin") != nullptr) {
      return text_response(403, "not for web pages: the request has an Origin\n");
    }
    const auto query = parse_http_query(request.query_string ? request.query_string : "");
    if (!query) return text_response(400, "expected two hexadecimal digits behind each '%'\n");
    return page.respond(*query);
  }

  HttpResponse metrics() {
    std::shared_ptr<const std::string> text = scrape_thread_.text();
    if (text == nullptr) return text_response(500, "failed\n");
    return {200, "text/plain; version=0.0.4; charset=utf-8", std::move(text)};
  }
  HttpResponse healthz() { return text_response(200, "ok\n"); }
  HttpResponse readyz() { return readiness(options_.ready); }

  // CivetWeb passes no pointer of ours to init_context: the thread that starts it leaves it here.
  static thread_local Site* starting_;

  const AdminOptions options_;
  std::vector<AdminPage> pages_;  // none is added once the server has started
  ScrapeThread scrape_thread_;
  std::string start_error_;
  std::optional<prometheus::Exposer> exposer_;  // last: its threads end before the rest goes
};

thread_local AdminServer::Site* AdminServer::Site::starting_ = nullptr;

AdminServer::AdminServer(std::unique_ptr<Site> site, uint16_t port)
    : site_(std::move(site)), port_(port) {}

AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminOptions options) {
  const std::string address = options.address;
  const std::optional<std::string> port = listening_port(address);
  if (!port) {
    return Error{"address", fmt::format("admin address '{}': expected host:port", address)};
  }
  auto site = std::make_unique<Site>(std::move(options));
  try {
    site->listen(*port);
  } catch (const std::exception& error) {
    const std::string& known = site->start_error();
    return Error{"listen", fmt::format("admin address {}: {}", address,
                                       known.empty() ? std::string(error.what()) : known)};
  }
  const uint16_t bound = site->bound_port();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(site), bound));
}

}  // namespace slotway::metrics
