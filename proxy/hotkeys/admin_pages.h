// The pages of hot keys on the admin server:
//
//     GET  /hotkeys?pool=main&count=100   the report as JSON, the hottest first
//     POST /hotkeys/reset                 as HOTKEYS RESET
//     POST /hotkeys/pin?pattern=a%2A      as HOTKEYS PIN, and UNPIN
//     POST /hotkeys/unpin?pattern=a%2A
//
// `pool` is one by its name, else all; `count` is of each pool. What is asked for wrongly is
// answered 400, a pool or pattern that is not there 404, each with a line that says what.
#pragma once

#include <vector>

#include "metrics/admin_server.h"

namespace slotway::proxy {

class Server;

namespace hotkeys {

// `server` must outlive them.
std::vector<metrics::AdminPage> admin_pages(Server& server);

}  // namespace hotkeys

}  // namespace slotway::proxy
