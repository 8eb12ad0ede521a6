// The codes of error replies that are counted by name. All others are one: what a shard or a script
// says is no bounded set.
//
// Those in small letters are no codes of Redis's: they tell apart what clients read as "ERR".
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace slotway::metrics {

inline constexpr std::string_view kTimeout = "timeout";          // a shard has not answered in time
inline constexpr std::string_view kUnreachable = "unreachable";  // it was not even asked
inline constexpr std::string_view kConnectionLost = "connection_lost";  // with the request on it
inline constexpr std::string_view kSyntax = "syntax";  // no command, or not called like that

inline constexpr std::array<std::string_view, 29> kErrorCodes = {
    "ERR",        "WRONGTYPE",  "NOAUTH",        "WRONGPASS",   "NOPERM",    "MOVED",
    "ASK",        "TRYAGAIN",   "CROSSSLOT",     "CLUSTERDOWN", "LOADING",   "BUSY",
    "NOSCRIPT",   "MISCONF",    "READONLY",      "OOM",         "EXECABORT", "NOREPLICAS",
    "MASTERDOWN", "NOTBUSY",    "UNKILLABLE",    "BUSYKEY",     "NOPROTO",   "UNBLOCKED",
    kTimeout,     kUnreachable, kConnectionLost, kSyntax,       "other"};

// The place of a code in kErrorCodes.
constexpr size_t error_code_index(std::string_view code) {
  size_t i = 0;
  while (i + 1 < kErrorCodes.size() && kErrorCodes[i] != code) ++i;
  return i;
}

// The code of an error reply, "-CODE text" or "!size CODE text" of RESP3.
constexpr std::string_view error_code_of(std::string_view reply) {
  if (reply.starts_with('!')) reply.remove_prefix(std::min(reply.find('\n'), reply.size() - 1));
  reply.remove_prefix(1);
  return reply.substr(0, reply.find_first_of(" \r\n"));
}

}  // namespace slotway::metrics
