#include "proxy/pause.h"

#include <algorithm>

#include "proxy/transactions/queued_commands.h"

namespace slotway::proxy {

void Pause::extend(Kind kind, uint64_t until_ms, uint64_t now_ms) {
  kind_ = std::max(kind_, kind);
  until_ms_ = std::max(until_ms_, until_ms);
  if (is_over(now_ms)) end();
}

void Pause::end() {
  kind_ = Kind::kNone;
  until_ms_ = 0;
  held_.clear();
  readonly_scripts_.forget_functions();
}

bool Pause::may_replicate(const wire::Command& command, wire::Args args) const {
  if (!(command.spec->flags & (wire::kWrite | wire::kMayReplicate))) return false;
  return !readonly_scripts_.runs_one(command, args);
}

bool Pause::concerns(const wire::Command& command, wire::Args args,
                     const Transaction* transaction) const {
  if (kind_ != Kind::kWrites) return is_active();
  if (!command.spec->ends_multi || !transaction) return may_replicate(command, args);
  bool any = false;
  for_each_queued(*transaction, [&](const wire::Command& queued, wire::Args its_args) {
    any = any || may_replicate(queued, its_args);
  });
  return any;
}

}  // namespace slotway::proxy
