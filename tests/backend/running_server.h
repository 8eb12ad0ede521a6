// A backend::Server on a free port, in this process, as tests talk to it over real sockets.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/server.h"
#include "tests/support/free_port.h"
#include "tests/support/resp_client.h"

namespace slotway::backend {

class RunningServer {
 public:
  explicit RunningServer(const std::function<void(Settings&)>& change = {})
      : port_(tests::free_port()), server_(settings(port_, change)) {
    const Status started = server_.start();
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
  }

  uint16_t port() const { return port_; }
  Server& server() { return server_; }
  tests::RespClient client() const { return tests::RespClient(port_); }
  // A connection on which nothing has been said.
  tests::RespClient raw() const { return tests::RespClient(tests::Socket::connect(port_)); }

 private:
  static Settings settings(uint16_t port, const std::function<void(Settings&)>& change) {
    Settings settings;
    settings.port = port;
    if (change) change(settings);
    return settings;
  }

  uint16_t port_;
  Server server_;
};

// "GET key" as arguments; no quoting.
inline std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) result.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

// The reply to a command, as the bytes on the wire.
inline std::string ask(tests::RespClient& client, std::string_view command) {
  client.request(words(command));
  return client.receive_raw();
}

// One field of INFO, or "absent".
inline std::string info_field(tests::RespClient& client, const std::string& name) {
  const std::string text = client.call({"INFO", "everything"}).text;
  const size_t at = text.find("\n" + name + ":");
  if (at == std::string::npos) return "absent";
  const size_t begin = at + name.size() + 2;
  return text.substr(begin, text.find('\r', begin) - begin);
}

}  // namespace slotway::backend
