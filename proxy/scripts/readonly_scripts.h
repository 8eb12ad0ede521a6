// ReadonlyScripts: which scripts are known to change nothing, for a pause of writes.
//
// Known are the functions that a shard has listed with the flag no-writes when the pause began, and
// the scripts that clients have brought. All others count as writing. One worker thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/scripts/scripts.h"
#include "wire/command_table.h"

namespace slotway::proxy {

// Whether the script says in its first line, "#!lua flags=no-writes,...", that it changes nothing.
bool declares_no_writes(std::string_view script);

// The functions with the flag no-writes in the RESP2 reply to FUNCTION LIST; none if it is not one.
std::vector<std::string> readonly_functions(std::string_view reply);

class ReadonlyScripts {
 public:
  // `scripts` must outlive this.
  explicit ReadonlyScripts(Scripts& scripts) : scripts_(scripts) {}

  void add_functions(const std::vector<std::string>& names);
  // Whether the command runs one of those.
  bool runs_one(const wire::Command& command, wire::Args args) const;
  void forget_functions() { functions_.clear(); }

 private:
  Scripts& scripts_;
  std::set<std::string, std::less<>> functions_;
};

}  // namespace slotway::proxy
