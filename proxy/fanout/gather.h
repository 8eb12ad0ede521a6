// Questions that every worker has to answer a part of: CLIENT LIST, CLIENT KILL.
#pragma once

#include <functional>
#include <string>

#include "proxy/fanout/fan_out.h"
#include "proxy/session.h"

namespace slotway::proxy {

// Has every worker run `ask` on its own thread; `merge` makes one reply of the RESP replies that
// they give, part i being worker i's. Answers `command` in its turn.
void gather(Session& session, const wire::Command& command,
            const std::function<std::string(Worker&)>& ask, FanOut::Merge merge);

}  // namespace slotway::proxy
