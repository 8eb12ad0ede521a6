// SELECT: which databases there are, and which one the commands that follow are for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/router.h"

namespace slotway::proxy {

// The argument of SELECT: a database's number, or the error line.
struct DatabaseNumber {
  uint8_t number = 0;
  std::string_view error = {};
};
DatabaseNumber parse_database(std::string_view text);

// Whether all shards that can be asked have it, ready(): servers in cluster mode have one only.
// Those that are out of reach are asked before the first command for them.
Destination find_database(Session& session, uint8_t database);

}  // namespace slotway::proxy
