// What CLIENT TRACKING has set up for one client.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace slotway::backend {

struct ClientTracking {
  bool broadcast = false;  // told of all keys with its prefixes, read or not
  bool opt_in = false;     // only the reads behind CLIENT CACHING YES count
  bool opt_out = false;    // all but the reads behind CLIENT CACHING NO count
  bool no_loop = false;    // not told of its own changes
  bool caching = false;    // CLIENT CACHING came just before
  bool redirect_is_broken = false;
  uint64_t redirect = 0;                        // the client that is told instead; 0: itself
  std::set<std::string, std::less<>> prefixes;  // of `broadcast`
};

}  // namespace slotway::backend
