#include "proxy/pause.h"

#include <algorithm>

#include "proxy/queued_commands.h"

namespace slotway::proxy {

namespace {

// Whether the script says in its first line, "#!lua flags=no-writes,...", that it changes nothing.
bool declares_no_writes(std::string_view script) {
  if (!script.starts_with("#!")) return false;
  std::string_view line = script.substr(0, script.find('\n'));
  constexpr std::string_view kFlags = " flags=";
  const size_t at = line.find(kFlags);
  if (at == std::string_view::npos) return false;
  line = line.substr(at + kFlags.size());
  line = line.substr(0, line.find_first_of(" \r"));
  while (!line.empty()) {
    const size_t end = std::min(line.find(','), line.size());
    if (line.substr(0, end) == "no-writes") return true;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return false;
}

// Of a script that is only named nothing is known: as one without flags.
bool may_replicate(const wire::Command& command, wire::Args args) {
  const uint32_t flags = command.spec->flags;
  if (!(flags & (wire::kWrite | wire::kMayReplicate))) return false;
  return command.full_name != "eval" || !declares_no_writes(args[1]);
}

}  // namespace

void Pause::extend(Kind kind, uint64_t until_ms, uint64_t now_ms) {
  kind_ = std::max(kind_, kind);
  until_ms_ = std::max(until_ms_, until_ms);
  if (is_over(now_ms)) end();
}

void Pause::end() {
  kind_ = Kind::kNone;
  until_ms_ = 0;
  held_.clear();
}

bool Pause::concerns(const wire::Command& command, wire::Args args,
                     const Transaction* transaction) const {
  if (kind_ != Kind::kWrites) return is_active();
  if (command.full_name != "exec" || !transaction) return may_replicate(command, args);
  bool any = false;
  for_each_queued(*transaction, [&](const wire::Command& queued, wire::Args its_args) {
    any = any || may_replicate(queued, its_args);
  });
  return any;
}

}  // namespace slotway::proxy
