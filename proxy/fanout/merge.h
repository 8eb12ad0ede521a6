// How the replies of a fan-out's parts become one reply.
#pragma once

#include "proxy/fanout/fan_out.h"
#include "wire/command.h"

namespace slotway::proxy {

// The merge that a row's response policy asks for, empty if the policy is special and the command
// brings its own. `order` names the part of each key, for replies in the order of the keys. Source
// of the policies: Redis's "Command tips".
FanOut::Merge merge_for(const wire::CommandSpec& spec, std::vector<uint32_t> order = {});

// The reply of the first part.
bool merge_first(FanOut& fan_out, wire::OutputBuffer& out, std::string& error);
// Numbers added up.
FanOut::Merge sum_merge();
// The largest of the numbers.
FanOut::Merge largest_merge();
// One of the parts' replies that are not nil, at random; nil if all are.
bool merge_any(FanOut& fan_out, wire::OutputBuffer& out, std::string& error);

}  // namespace slotway::proxy
