// Reads `admin`: where the HTTP server for operators listens, and the token that it asks for.
#pragma once

#include <optional>

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// From the root of the file, `root`. Nothing if it is `off`.
//
//     admin: 127.0.0.1:9180
//     admin: { address: 0.0.0.0:9180, token_file: /etc/slotway/admin.token }
std::optional<Admin> read_admin(Reading& reading, const Field& root, const Section& section);

}  // namespace slotway::config
