#include "metrics/admin_server.h"

#include <CivetServer.h>
#include <fmt/format.h>
#include <prometheus/exposer.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "metrics/admin_access.h"
#include "metrics/admin_address.h"
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

}  // namespace

// Its address is given to CivetWeb's threads: it stays where it is until they have ended.
class AdminServer::Site {
 public:
  explicit Site(AdminOptions options)
      : options_(std::move(options)),
        access_(options_.address, options_.token),
        scrape_thread_(options_.metrics) {
    const auto own = [this](const char* path, HttpResponse (Site::*respond)(), bool is_open) {
      pages_.push_back(
          {this,
           {"GET", path, [this, respond](const HttpRequest&) { return (this->*respond)(); },
            is_open}});
    };
    own("/metrics", &Site::metrics, false);
    own("/healthz", &Site::healthz, true);
    own("/readyz", &Site::readyz, true);
    for (const AdminPage& page : options_.pages) pages_.push_back({this, page});
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

  void set_token(std::string token) { access_.set_token(std::move(token)); }
  // What CivetWeb said while it started; the first message names the cause.
  const std::string& start_error() const { return start_error_; }
  uint16_t bound_port() const {
    const std::vector<int> ports = exposer_->GetListeningPorts();
    return ports.empty() ? uint16_t{0} : static_cast<uint16_t>(ports.front());
  }

 private:
  struct Page {
    const Site* site;
    AdminPage page;
  };

  // Runs on the thread that starts the server, before its threads exist.
  static void add_pages(const mg_context* context) {
    for (const Page& page : starting_->pages_) {
      mg_set_request_handler(const_cast<mg_context*>(context), page.page.path.c_str(),
                             &Site::handle, const_cast<Page*>(&page));
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

  // Empty if what came is no request.
  static std::string_view path_of(const mg_connection* connection) {
    const mg_request_info* const request = mg_get_request_info(connection);
    return request->local_uri ? std::string_view(request->local_uri) : std::string_view();
  }

  static int refuse_method(mg_connection* connection) {
    const std::string_view method = mg_get_request_info(connection)->request_method;
    if (method == "GET" || method == "HEAD" || method == "POST") return 0;
    send_response(connection, error_response(path_of(connection), 405, "only GET, HEAD and POST",
                                             "Allow: GET, HEAD, POST"));
    return 405;
  }

  // CivetWeb's own error pages call gmtime() on several threads at once.
  static int send_error(mg_connection* connection, int status, const char* message) {
    send_response(connection, error_response(path_of(connection), status, message));
    return 0;
  }

  static int handle(mg_connection* connection, void* data) noexcept {
    const Page& page = *static_cast<const Page*>(data);
    // A handler also gets what lies below its path; those pages do not exist.
    if (path_of(connection) != page.page.path) return 0;
    HttpResponse response;
    try {
      response = page.site->answer(page.page, connection);
    } catch (const std::exception& error) {
      static log::RateLimited limited(1, std::chrono::minutes(1));
      limited.write(log::Level::kError, "admin server: {} failed: {}", page.page.path,
                    error.what());
      response = error_response(page.page.path, 500, "failed; the log says why");
    }
    send_response(connection, response);
    return response.status;
  }

  HttpResponse answer(const AdminPage& page, const mg_connection* connection) const {
    const mg_request_info& request = *mg_get_request_info(connection);
    if (auto refusal = access_.refusal(connection, page)) return std::move(*refusal);
    const bool is_post = std::string_view(request.request_method) == "POST";
    if (page.method == "POST" && !is_post) {
      return error_response(page.path, 405, "only POST", "Allow: POST");
    }
    if (page.method != "POST" && is_post) {
      return error_response(page.path, 405, "only GET and HEAD", "Allow: GET, HEAD");
    }
    const auto query = parse_http_query(request.query_string ? request.query_string : "");
    if (!query) {
      return error_response(page.path, 400, "expected two hexadecimal digits behind each '%'");
    }
    return page.respond({*query, peer_of(connection)});
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
  AdminAccess access_;
  std::vector<Page> pages_;  // none is added once the server has started
  ScrapeThread scrape_thread_;
  std::string start_error_;
  std::optional<prometheus::Exposer> exposer_;  // last: its threads end before the rest goes
};

thread_local AdminServer::Site* AdminServer::Site::starting_ = nullptr;

AdminServer::AdminServer(std::unique_ptr<Site> site, uint16_t port)
    : site_(std::move(site)), port_(port) {}

AdminServer::~AdminServer() = default;

void AdminServer::set_token(std::string token) { site_->set_token(std::move(token)); }

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
