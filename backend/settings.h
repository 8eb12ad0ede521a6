// Settings: what can be set on a storage server, with Redis's defaults.
//
// A plain value. The server's thread owns the copy that a running server uses; CONFIG SET changes
// it there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace slotway::backend {

struct Settings {
  // Where to listen. Fixed once the server runs.
  std::vector<std::string> bind = {"127.0.0.1"};  // numeric IPv4 and IPv6 addresses
  uint16_t port = 0;                              // 0: no TCP
  std::string unix_socket;                        // a path, "@name" for an abstract one; or empty

  uint32_t databases = 16;
  std::string password;                   // empty: clients need not authenticate
  uint32_t max_clients = 10000;           // from 1
  uint64_t idle_seconds = 0;              // a client that neither sends nor is sent; 0: for ever
  uint64_t keepalive_seconds = 300;       // of TCP; 0: none
  uint64_t max_bulk_size = 512ull << 20;  // bytes of one argument or string value, at least 1 MiB
  uint64_t max_query_size = 1ull << 30;   // bytes of one whole command, at least 1 MiB
  std::string log_level = "notice";       // debug, verbose, notice, warning
  uint32_t cycles_per_second = 10;        // of the expiry cycle, 1 to 500
  bool active_expiry = true;              // off only for tests (DEBUG SET-ACTIVE-EXPIRE)
  uint64_t partial_seconds = 30;          // a client has sent half a command; 0: for ever
  uint64_t stalled_seconds = 60;          // a client does not read its replies; 0: for ever
  uint64_t max_output = 64ull << 20;      // unread bytes that make a client wait, at least 1 MiB
};

}  // namespace slotway::backend
