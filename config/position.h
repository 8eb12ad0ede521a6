// Position: a place in the configuration file, and how messages write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::config {

struct Position {
  uint32_t line = 1;    // from 1
  uint32_t column = 1;  // from 1, in bytes
};

// "FILE:LINE:COLUMN", on one line whatever the file is called.
std::string place_text(std::string_view file_name, Position at);

}  // namespace slotway::config
