// Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH. What is queued: Client::queue().

#include "backend/commands/bindings.h"

namespace slotway::backend {

namespace {

void multi(Call& call) {
  if (call.client.transaction) return call.reply.error("ERR MULTI calls can not be nested");
  call.client.transaction = std::make_unique<Transaction>();
  call.client.update_modes();
  call.reply.ok();
}

void discard(Call& call) {
  if (!call.client.transaction) return call.reply.error("ERR DISCARD without MULTI");
  call.client.discard_transaction();
  call.reply.ok();
}

void exec(Call& call) {
  Client& client = call.client;
  if (!client.transaction) return call.reply.error("ERR EXEC without MULTI");
  if (client.transaction->failed) {
    call.reply.error("EXECABORT Transaction discarded because of previous errors.");
  } else if (client.watch_broken || call.store.watches.has_expired(client)) {
    call.reply.null_array();
  } else {
    call.store.watches.remove_all(client);
    call.reply.array(client.transaction->commands.size());
    client.run_queued(call.reply.out());
  }
  client.discard_transaction();
}

void watch(Call& call) {
  if (call.client.transaction) return call.reply.error("ERR WATCH inside MULTI is not allowed");
  // The next EXEC fails anyway.
  if (call.client.watch_broken) return call.reply.ok();
  for (size_t i = 1; i < call.args.size(); ++i) call.store.watches.add(call.client, call.key(i));
  call.reply.ok();
}

void unwatch(Call& call) {
  call.store.watches.remove_all(call.client);
  call.client.watch_broken = false;
  call.reply.ok();
}

constexpr Binding kBindings[] = {
    {"multi", &multi}, {"discard", &discard}, {"exec", &exec},
    {"watch", &watch}, {"unwatch", &unwatch},
};

}  // namespace

std::span<const Binding> transaction_bindings() { return kBindings; }

}  // namespace slotway::backend
