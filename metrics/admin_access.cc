#include "metrics/admin_access.h"

#include <civetweb.h>
#include <fmt/format.h>

#include <utility>

#include "metrics/admin_address.h"
#include "metrics/admin_server.h"
#include "metrics/http_response.h"
#include "metrics/log.h"
#include "wire/greeting.h"
#include "wire/text.h"

namespace slotway::metrics {

namespace {

void note_refused(const mg_connection* connection, const std::string& path) {
  static log::RateLimited limited(10, std::chrono::minutes(1));
  const bool has_one = mg_get_header(connection, "Authorization") != nullptr;
  const std::string what = fmt::format("{} has asked for {} {}", peer_of(connection), path,
                                       has_one ? "with a wrong token" : "without the token");
  log::audit(what);
  limited.write(log::Level::kWarn, "{}", what);
}

}  // namespace

std::string peer_of(const mg_connection* connection) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const std::string_view address = request.remote_addr;
  const bool is_v6 = address.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", address, is_v6 ? "]" : "", request.remote_port);
}

AdminAccess::AdminAccess(std::string_view address, std::string token)
    : is_local_(is_loopback(address)), token_(std::move(token)) {}

void AdminAccess::set_token(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

std::optional<HttpResponse> AdminAccess::refusal(const mg_connection* connection,
                                                 const AdminPage& page) const {
  bool asks_for_token = false;
  bool is_missing = false;
  {
    const std::lock_guard lock(mutex_);
    asks_for_token = !token_.empty();
    is_missing = asks_for_token && !page.is_open && !has_token(connection);
  }
  if (is_missing) {
    note_refused(connection, page.path);
    return error_response(page.path, 401, "expected the header 'Authorization: Bearer TOKEN'",
                          "WWW-Authenticate: Bearer");
  }
  const char* const host = mg_get_header(connection, "Host");
  if (is_local_ && !asks_for_token && host != nullptr && !is_loopback(host)) {
    return error_response(page.path, 403,
                          "expected a Host of this machine, such as localhost or 127.0.0.1");
  }
  if (page.method == "POST" && mg_get_header(connection, "Origin") != nullptr) {
    return error_response(page.path, 403, "not for web pages: the request has an Origin");
  }
  return std::nullopt;
}

// Requires the mutex, and that there is a token.
bool AdminAccess::has_token(const mg_connection* connection) const {
  constexpr std::string_view kScheme = "bearer ";
  const char* const header = mg_get_header(connection, "Authorization");
  if (header == nullptr) return false;
  std::string_view given = header;
  if (!wire::equal_ignoring_case(given.substr(0, kScheme.size()), kScheme)) return false;
  given.remove_prefix(kScheme.size());
  given.remove_prefix(std::min(given.find_first_not_of(' '), given.size()));
  return wire::same_secret(given, token_);
}

}  // namespace slotway::metrics
