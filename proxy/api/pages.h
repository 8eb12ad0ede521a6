// The admin API: what operators and their programs ask the proxy for, and tell it to do, over HTTP.
// openapi.json describes it; a test compares the two.
//
// All is below /api/v1/. Answers are JSON, errors {"error": "what, where, what was expected"}. Each
// theme has a file here. What belongs to a worker is asked of it (ask_workers.h); what belongs to
// the control thread is done there.
#pragma once

#include <vector>

#include "metrics/admin_server.h"

namespace slotway::proxy {

class Server;

namespace api {

// `server` must outlive them.
std::vector<metrics::AdminPage> pages(Server& server);

}  // namespace api

}  // namespace slotway::proxy
