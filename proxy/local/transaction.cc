// MULTI, EXEC, DISCARD, WATCH, UNWATCH: what becomes of a session's transaction (transaction.h).

#include "proxy/transactions/transaction.h"

#include "proxy/local/local_commands.h"

namespace slotway::proxy {

namespace {

template <void (Transaction::*kStep)(const LocalCall&)>
void step(const LocalCall& call) {
  Session& session = call.session;
  Transaction& transaction =
      session.transaction() ? *session.transaction() : session.begin_transaction();
  (transaction.*kStep)(call);
  session.end_transaction();
}

constexpr LocalBinding kBindings[] = {
    {"multi", &step<&Transaction::multi>},     {"exec", &step<&Transaction::exec>},
    {"discard", &step<&Transaction::discard>}, {"watch", &step<&Transaction::watch>},
    {"unwatch", &step<&Transaction::unwatch>},
};

}  // namespace

std::span<const LocalBinding> transaction_bindings() { return kBindings; }

}  // namespace slotway::proxy
