// By which code an error reply to a client is counted: its own; but "ERR" says nothing, so of those
// with it the kinds that an operator must tell apart have codes of their own (error_code.h), by
// what the reply says. What the client reads is not touched. Plain functions.
#pragma once

#include <string_view>

namespace slotway::proxy {

// How the errors begin that the proxy answers in a shard's place, behind "ERR " and Shard::label().
namespace shard_failure {
inline constexpr std::string_view kNoReply = ": no reply within ";
inline constexpr std::string_view kConnectionLost = ": connection lost";
// At once, without asking it.
inline constexpr std::string_view kSilent = " does not answer: ";
inline constexpr std::string_view kBehind = " does not keep up: ";
inline constexpr std::string_view kOutOfReach = " is out of reach: ";
}  // namespace shard_failure

// Of a reply "-CODE text" or "!size CODE text" of RESP3: one of metrics::kErrorCodes, or another
// code, which counts as "other". A view of it or of something static.
std::string_view error_kind_of(std::string_view reply);

}  // namespace slotway::proxy
