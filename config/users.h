// Reads who may use a pool: `users`, and `auth`, which is the short form of one user.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// What a client of the pool can call itself in AUTH: 1 to 64 printable characters without spaces,
// since CLIENT LIST shows it in a line that is split at them.
Result<std::string> parse_user_name(std::string_view text);

// From the section of a pool. None if it has neither of the two.
std::vector<User> read_users(Reading& reading, const Section& pool);

}  // namespace slotway::config
