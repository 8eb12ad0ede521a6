// CLIENT TRACKING ON, once its words make sense: finds the session to be told, has all shards track
// by connections of the asking session's own, and answers when they have agreed.
#pragma once

#include <string_view>

#include "proxy/local/local_commands.h"
#include "proxy/tracking.h"

namespace slotway::proxy {

inline constexpr std::string_view kBehindWatch =
    "ERR CLIENT TRACKING between WATCH and EXEC is not supported by this proxy";

void start_tracking(const LocalCall& call, const TrackingOptions& options);

}  // namespace slotway::proxy
