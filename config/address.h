// The spellings of addresses. Each function gives an Error that says what was expected. Pure.
#pragma once

#include <string_view>

#include "config/config.h"
#include "wire/result.h"

namespace slotway::config {

// Of a shard: "HOST:PORT", "[::1]:7001", "unix:/path" or "embedded". IP addresses are brought into
// their one usual form, names are kept.
Result<Address> parse_shard_address(std::string_view text);

// To listen on: "127.0.0.1:6380", "[::1]:6380" or "unix:/path"; "localhost" becomes 127.0.0.1.
Result<Address> parse_listen_address(std::string_view text);

// Of a proxy, as clients reach it: "HOST:PORT" or "[::1]:6380".
Result<Address> parse_announced_address(std::string_view text);

// Of the admin server: as to listen on, TCP only.
Result<Address> parse_admin_address(std::string_view text);

}  // namespace slotway::config
