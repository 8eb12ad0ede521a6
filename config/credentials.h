// Reads `auth` and `upstream` sections: a user, and the file that holds the password.
#pragma once

#include "config/config.h"
#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

// The password is the first line of the file, without the line's end. `user` is the default;
// `parse_user` is called with the text of the one that is given.
Credentials read_credentials(Reading& reading, const Field& field, std::string user,
                             Result<std::string> (*parse_user)(std::string_view text));

}  // namespace slotway::config
