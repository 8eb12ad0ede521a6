// The dashboard: the page at "/" of the admin server and the files of metrics/dashboard that it
// loads. They are part of the program, ask for nothing outside of it, and read /api/v1 like any
// other client: no secret is in them, so they are served without a token.
#pragma once

#include <vector>

#include "metrics/admin_server.h"

namespace slotway::metrics {

// index.html at "/", each other file under its path from metrics/, such as "/dashboard/main.js".
std::vector<AdminPage> dashboard_pages();

}  // namespace slotway::metrics
