// Reading: what one parse of a file carries along besides the tree. Lives for that parse.
#pragma once

#include <map>
#include <string>

#include "config/fault.h"
#include "config/load.h"

namespace slotway::config {

struct Reading {
  FirstFault& fault;
  const FileReader& read_file;
  std::string directory;  // of the file, with the slash at its end, or empty
  // Who listens on which address so far: Address::text() to "admin" or "pool main".
  std::map<std::string, std::string> listening;
};

}  // namespace slotway::config
