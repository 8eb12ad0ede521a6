// The effective configuration, every default included, as operators may see it.
#pragma once

#include <string>

#include "config/config.h"

namespace slotway::config {

// JSON in the words of the file: but for secrets it is a file that means the same, and what is not
// set and has no default is null or empty. Secrets, whole webhook URLs among them, are
// "(redacted)". `auth` is shown as the user that it stands for, `upstream` at each shard.
std::string json_text(const Config& config);

}  // namespace slotway::config
