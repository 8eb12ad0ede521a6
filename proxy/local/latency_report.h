// What LATENCY GRAPH and LATENCY DOCTOR tell about recorded events, as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/latency_events.h"
#include "proxy/wait_settings.h"

namespace slotway::proxy {

// Columns of characters, one for each sample, with the age of each below, as Redis draws them.
// `now` is in seconds of the epoch; `series` is not empty.
std::string draw_latency_graph(std::string_view event, const LatencySeries& series, int64_t now);

// A line for each event that there is, as Redis has them, and what might help.
std::string diagnose_latency(const LatencyEvents& events, const WaitSettings& settings,
                             int64_t now);

}  // namespace slotway::proxy
