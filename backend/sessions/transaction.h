// Transaction: what a client has queued since MULTI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/sessions/stored_command.h"

namespace slotway::backend {

struct Transaction {
  bool failed = false;  // a command was refused: EXEC will be as well
  uint32_t flags = 0;   // CommandFlag: all that one of the queued commands has
  size_t memory = 0;    // bytes of the queued commands
  std::vector<StoredCommand> commands;
};

}  // namespace slotway::backend
