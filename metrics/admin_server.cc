#include "metrics/admin_server.h"

#include <CivetServer.h>
#include <fmt/format.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "metrics/log.h"

namespace slotway::metrics {
namespace {

// Each thread serves one connection at a time, so a client that hangs takes one out until the
// timeout. Sixteen leave some over when ten clients hang; they cost about 20 KiB each.
constexpr const char* kThreads = "16";
constexpr const char* kRequestTimeoutMs = "5000";
// For the whole of an answer. The timeout above starts anew with each byte that the client takes.
constexpr std::chrono::seconds kWriteTimeout{10};
constexpr size_t kWriteChunk = 16384;

struct Response {
  int status = 200;
  const char* content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Writes all of it, or gives up: the connection closes then.
void send(mg_connection* connection, const Response& response) {
  const char* method = mg_get_request_info(connection)->request_method;
  const bool with_body = method == nullptr || std::string_view(method) != "HEAD";
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Cache-Control: no-store\r\n"
      "{}Connection: close\r\n\r\n",
      response.status, mg_get_response_code_text(connection, response.status),
      response.content_type, response.body.size(),
      response.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (with_body) text += response.body;
  const auto deadline = std::chrono::steady_clock::now() + kWriteTimeout;
  for (size_t at = 0; at < text.size() && std::chrono::steady_clock::now() < deadline;) {
    const size_t size = std::min(kWriteChunk, text.size() - at);
    if (mg_write(connection, text.data() + at, size) != static_cast<int>(size)) return;
    at += size;
  }
}

Response readiness(const std::function<Ready()>& ask) {
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
  return {ready.ready ? 200 : 503, "application/json",
          body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"};
}

Response metrics_text(const prometheus::Collectable& metrics) {
  return {200, "text/plain; version=0.0.4; charset=utf-8",
          prometheus::TextSerializer().Serialize(metrics.Collect())};
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

}  // namespace

// Its address is given to CivetWeb's threads: it stays where it is until they have ended.
class AdminServer::Site {
 public:
  explicit Site(AdminOptions options) : options_(std::move(options)) {}

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
  std::vector<int> ports() const { return exposer_->GetListeningPorts(); }

 private:
  struct Page {
    const char* path;
    Response (Site::*respond)() const;
    const Site* site;
  };

  // Runs on the thread that starts the server, before its threads exist.
  static void add_pages(const mg_context* context) {
    for (const Page& page : starting_->pages_) {
      mg_set_request_handler(const_cast<mg_context*>(context), page.path, &Site::handle,
                             const_cast<Page*>(&page));
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
    if (method == "GET" || method == "HEAD") return 0;
    send(connection, {405, "text/plain; charset=utf-8", "only GET and HEAD\n"});
    return 405;
  }

  // CivetWeb's own error pages call gmtime() on several threads at once.
  static int send_error(mg_connection* connection, int status, const char* message) {
    send(connection, {status, "text/plain; charset=utf-8", std::string(message) + "\n"});
    return 0;
  }

  static int handle(mg_connection* connection, void* data) noexcept {
    const Page& page = *static_cast<const Page*>(data);
    const mg_request_info* request = mg_get_request_info(connection);
    // A handler also gets what lies below its path; those pages do not exist.
    if (request->local_uri == nullptr || std::string_view(request->local_uri) != page.path)
      return 0;
    Response response;
    try {
      response = (page.site->*page.respond)();
    } catch (const std::exception& error) {
      static log::RateLimited limited(1, std::chrono::minutes(1));
      limited.write(log::Level::kError, "admin server: {} failed: {}", page.path, error.what());
      response = {500, "text/plain; charset=utf-8", "failed\n"};
    }
    send(connection, response);
    return response.status;
  }

  Response metrics() const { return metrics_text(*options_.metrics); }
  Response healthz() const { return {200, "text/plain; charset=utf-8", "ok\n"}; }
  Response readyz() const { return readiness(options_.ready); }

  // CivetWeb passes no pointer of ours to init_context: the thread that starts it leaves it here.
  static thread_local Site* starting_;

  const AdminOptions options_;
  const std::array<Page, 3> pages_ = {{{"/metrics", &Site::metrics, this},
                                       {"/healthz", &Site::healthz, this},
                                       {"/readyz", &Site::readyz, this}}};
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
  const std::vector<int> ports = site->ports();
  const auto bound = ports.empty() ? uint16_t{0} : static_cast<uint16_t>(ports.front());
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(site), bound));
}

}  // namespace slotway::metrics
