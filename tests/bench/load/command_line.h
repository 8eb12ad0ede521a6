// What the user asked of slotway-load, from argc and argv.
#pragma once

#include "tests/bench/load/options.h"

namespace slotway::load {

struct CommandLine {
  Options options;
  bool json = false;
  int exit_code = -1;  // from 0 on: exit with it now; what there was to say has been printed
};

CommandLine parse_command_line(int argc, char** argv);

}  // namespace slotway::load
