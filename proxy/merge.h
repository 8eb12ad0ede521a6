// How the replies of a fan-out's parts become one reply.
#pragma once

#include "proxy/fan_out.h"
#include "wire/command.h"

namespace slotway::proxy {

// The merge that a row's response policy asks for, nullptr if the policy is special and the command
// brings its own. Source of the policies: Redis's "Command tips".
FanOut::Merge merge_for(const wire::CommandSpec& spec);

// Numbers added up.
FanOut::Merge sum_merge();
// Elements of the parts' arrays in the order of the keys: FanOut::order names the part of each key.
bool merge_by_key_order(FanOut& fan_out, wire::OutputBuffer& out, std::string& error);
// One array of the elements of all parts' arrays.
bool merge_concatenated(FanOut& fan_out, wire::OutputBuffer& out, std::string& error);
// One of the parts' replies that are not nil, at random; nil if all are.
bool merge_any(FanOut& fan_out, wire::OutputBuffer& out, std::string& error);

}  // namespace slotway::proxy
