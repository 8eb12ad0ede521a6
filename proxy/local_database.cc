// SELECT: which database the commands that follow are for.

#include "proxy/databases.h"
#include "proxy/local_commands.h"

namespace slotway::proxy {

namespace {

void select(const LocalCall& call) {
  const DatabaseNumber database = parse_database(call.args[1]);
  if (!database.error.empty()) return call.error(database.error);
  const Destination everywhere = find_database(call.session, database.number);
  if (everywhere.hold()) {
    call.routed = Routed::kHold;
    return;
  }
  if (!everywhere.ready()) return call.error(everywhere.error());
  call.session.use_database(database.number);
  call.ok();
}

constexpr LocalBinding kBindings[] = {{"select", &select}};

}  // namespace

std::span<const LocalBinding> database_bindings() { return kBindings; }

}  // namespace slotway::proxy
