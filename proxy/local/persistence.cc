// SAVE, BGSAVE, BGREWRITEAOF and LASTSAVE: of all shards.

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/local/local_commands.h"

namespace slotway::proxy {

namespace {

// One that refuses makes the whole fail, with its words. Of different answers ("started" here,
// "scheduled" there) the first shard's is given.
void on_all_shards(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  call.routed = to_all_shards(call.session, call.command, call.args, &merge_first);
}

// Since when the data of each shard has been on its disk: the earliest.
void last_save(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  const wire::CommandSpec smallest{.response_policy = wire::ResponsePolicy::kAggMin};
  call.routed = to_all_shards(call.session, call.command, call.args, merge_for(smallest));
}

constexpr LocalBinding kBindings[] = {
    {"bgrewriteaof", &on_all_shards},
    {"bgsave", &on_all_shards},
    {"lastsave", &last_save},
    {"save", &on_all_shards},
};

}  // namespace

std::span<const LocalBinding> persistence_bindings() { return kBindings; }

}  // namespace slotway::proxy
