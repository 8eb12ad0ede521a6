// AdminAccess: who may ask the admin server for what.
//
//  1. With a token, every page but those that are open wants "Authorization: Bearer TOKEN".
//  2. Without one, a server on loopback answers only who calls it by a name of this machine: a web
//     page whose own name leads to 127.0.0.1 (DNS rebinding) could read what it says otherwise.
//     What a token protects may be called by any name, as through a reverse proxy.
//  3. What a web page sends (with an Origin) changes nothing.
//
// Who asks without the token is in the log, and all of them in its audit.
//
// Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

struct mg_connection;

namespace slotway::metrics {

struct AdminPage;
struct HttpResponse;

// Who is at the other end: "127.0.0.1:4711", "[::1]:4711".
std::string peer_of(const mg_connection* connection);

class AdminAccess {
 public:
  // `address` as of AdminOptions; without a token if `token` is empty.
  AdminAccess(std::string_view address, std::string token);

  void set_token(std::string token);
  // Nothing if the request on the connection may be answered.
  std::optional<HttpResponse> refusal(const mg_connection* connection, const AdminPage& page) const;

 private:
  bool has_token(const mg_connection* connection) const;

  const bool is_local_;
  mutable std::mutex mutex_;  // guards token_
  std::string token_;
};

}  // namespace slotway::metrics
