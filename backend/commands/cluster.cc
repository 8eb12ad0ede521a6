// The CLUSTER commands about slots, which the layout of the keyspace makes cheap. They are about
// the database that the client has chosen.

#include <vector>

#include "backend/commands/bindings.h"
#include "wire/command_reply.h"

namespace slotway::backend {

namespace {

std::optional<wire::Slot> parse_slot(std::string_view text) {
  const auto number = wire::parse_integer(text);
  if (!number || *number < 0 || *number >= wire::kSlotCount) return std::nullopt;
  return static_cast<wire::Slot>(*number);
}

void keyslot(Call& call) { call.reply.integer(wire::slot_of_key(call.args[2])); }

void countkeysinslot(Call& call) {
  if (!call.integer(2)) return;
  const auto slot = parse_slot(call.args[2]);
  if (!slot) return call.reply.error("ERR Invalid slot");
  call.reply.integer(static_cast<int64_t>(call.database().keyspace().size(*slot)));
}

void getkeysinslot(Call& call) {
  const auto most = call.integer(3);
  if (!most) return;
  if (!call.integer(2)) return;
  const auto slot = parse_slot(call.args[2]);
  if (!slot || *most < 0) return call.reply.error("ERR Invalid slot or number of keys");
  const auto wanted = static_cast<uint64_t>(*most);
  std::vector<std::string_view> keys;
  const SlotTable* const table = call.database().keyspace().table_of(*slot);
  std::optional<uint64_t> position = 0;
  while (table && position && keys.size() < wanted) {
    position = table->scan(*position, [&](const Entry* entry) {
      if (keys.size() < wanted) keys.push_back(entry->key());
    });
  }
  call.reply.array(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
}

void info(Call& call) {
  call.reply.verbatim("txt",
                      "cluster_enabled:0\r\ncluster_state:ok\r\ncluster_slots_assigned:16384\r\n"
                      "cluster_slots_ok:16384\r\ncluster_known_nodes:1\r\ncluster_size:1\r\n");
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"cluster|keyslot", &keyslot},
    {"cluster|countkeysinslot", &countkeysinslot},
    {"cluster|getkeysinslot", &getkeysinslot},
    {"cluster|info", &info},
    {"cluster|help", &help},
};

}  // namespace

std::span<const Binding> cluster_bindings() { return kBindings; }

}  // namespace slotway::backend
