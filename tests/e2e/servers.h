// The two programs that clients can send bad input to, as one kind of thing: tests that hold for
// both are templates over EVERY_SERVER.
#pragma once

#include "tests/e2e/shards.h"

namespace slotway::tests {

struct ProxyServer {
  static constexpr bool kIsProxy = true;
  Served<RedisShards> served;

  uint16_t port() const { return served.proxy.port(); }
  Process& process() { return served.proxy.process(); }
  // How often it has closed a client for bytes that are not RESP.
  double protocol_errors() const { return served.proxy.metric("slotway_protocol_errors_total"); }
};

struct StoreServer {
  static constexpr bool kIsProxy = false;
  StoreProcess store;

  uint16_t port() const { return store.port(); }
  Process& process() { return store.process(); }
};

// A client that was there before and must notice nothing. It also looks that nothing was executed.
class Bystander {
 public:
  explicit Bystander(uint16_t port) : client_(port) {}

  bool is_served() {
    const std::string word = std::to_string(++count_);
    return client_.call({"SET", "bystander", word}).text == "OK" &&
           client_.call({"GET", "bystander"}).text == word;
  }
  bool sees(const std::string& key) { return client_.call({"EXISTS", key}).integer() == 1; }

 private:
  RespClient client_;
  int count_ = 0;
};

// Everything that comes back for `bytes` until the server closes.
inline std::string last_words(uint16_t port, std::string_view bytes) {
  RespClient client(port);
  client.send(bytes);
  return client.receive_until_end();
}

#define EVERY_SERVER ProxyServer, StoreServer

}  // namespace slotway::tests

TYPE_TO_STRING_AS("slotway", slotway::tests::ProxyServer);
TYPE_TO_STRING_AS("slotway-store", slotway::tests::StoreServer);
