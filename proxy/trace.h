// Trace: what the log tells of one request in so many: where its time went. Never a value.
#pragma once

#include <string>

#include "proxy/observed_request.h"

namespace slotway::proxy {

// {"pool":"main","command":"get","key":"...","shard":"a","client":"...","request_bytes":..,
//  "reply_bytes":..,"total_us":..,"stages_us":{"route":..,...}}: JSON of one line.
std::string trace_text(const ObservedRequest& request, std::string_view pool);

}  // namespace slotway::proxy
