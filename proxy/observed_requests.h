// ObservedRequests: what is kept of a pool's requests that were slow or large, of all workers.
#pragma once

#include "proxy/big_keys.h"
#include "proxy/slow_log.h"

namespace slotway::proxy {

// Owned by the Server, one for each pool. Any thread.
struct ObservedRequests {
  SlowLog slow_log;
  BigKeys big_keys;

  // What was kept before keys were to be redacted.
  void drop_plain() {
    slow_log.drop_plain();
    big_keys.drop_plain();
  }
};

}  // namespace slotway::proxy
