// What the tests of the admin API share: asking it.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/http.h"
#include "tests/support/patience.h"
#include "tests/support/proxy_process.h"

namespace slotway::tests {

using Json = nlohmann::json;

// GET /api/v1/PAGE, which has to be answered.
inline Json api_get(const ProxyProcess& proxy, const std::string& page) {
  const HttpReply reply = http_get(proxy.admin_port(), "/api/v1/" + page);
  INFO(page, ": ", reply.body);
  REQUIRE(reply.status == 200);
  return Json::parse(reply.body);
}

// "400 what is wrong".
inline std::string api_error(const HttpReply& reply) {
  const Json body = Json::parse(reply.body, nullptr, false);
  return std::to_string(reply.status) + " " +
         (body.contains("error") ? body["error"].get<std::string>() : reply.body);
}
inline std::string api_get_error(const ProxyProcess& proxy, const std::string& page) {
  return api_error(http_get(proxy.admin_port(), "/api/v1/" + page));
}
inline std::string api_post_error(const ProxyProcess& proxy, const std::string& page) {
  return api_error(http_post(proxy.admin_port(), "/api/v1/" + page));
}

// The proxy's file, with a token.
inline std::string with_token(const ProxyProcess& proxy, const ProxyOptions& options,
                              const std::string& token) {
  std::string text = proxy.yaml(options);
  const std::string address = "127.0.0.1:" + std::to_string(proxy.admin_port());
  const std::string admin = "admin: " + address;
  return text.replace(text.find(admin), admin.size(),
                      "admin: { address: \"" + address + "\", token: " + token + " }");
}

}  // namespace slotway::tests
