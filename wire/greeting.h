// What a client and a server tell each other about themselves: the parts of HELLO, AUTH and CLIENT
// SETNAME that both programs share, in Redis's words, since clients look at them.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/reply_writer.h"

namespace slotway::wire {

// The Redis whose behaviour is shown, for clients that look at the version.
inline constexpr std::string_view kRedisVersion = "7.0.15";

inline constexpr std::string_view kWrongPass =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view kNoPasswordSet =
    "ERR AUTH <password> called without any password configured for the default user. Are you "
    "sure your configuration is correct?";
inline constexpr std::string_view kHelloNeedsAuth =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
    "protocol version at the same time";
inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// Whether a client may give itself this name, or call its library so: CLIENT LIST must stay easy to
// split.
bool is_client_name(std::string_view text);

// Takes a time that does not depend on where the two differ.
bool same_secret(std::string_view given, std::string_view wanted);

// The reply to HELLO; it names the writer's version.
void write_hello(uint64_t client_id, ReplyWriter& writer);

}  // namespace slotway::wire
