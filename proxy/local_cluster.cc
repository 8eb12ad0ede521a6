// CLUSTER: to clients in cluster mode the proxy is the one node that owns every slot.
//
// Its address is the one that the client is connected to, so it never sends anybody elsewhere.

#include <string>
#include <string_view>

#include "proxy/broadcast.h"
#include "proxy/local_commands.h"
#include "proxy/merge.h"
#include "wire/number.h"
#include "wire/slot.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

constexpr int64_t kLastSlot = wire::kSlotCount - 1;
constexpr size_t kIdDigits = 40;

uint64_t fnv1a(std::string_view text, uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The node, as a client sees it: the same in every process that serves this pool at this address.
struct Node {
  std::string id;
  std::string host;  // empty on a Unix socket, which tells clients to stay where they are
  int64_t port = 0;

  explicit Node(const Session& session) {
    const std::string address = session.connection().local_name();
    const std::string name = session.pool().settings().name + " " + address;
    for (uint64_t hash = 0xcbf29ce484222325; id.size() < kIdDigits;) {
      hash = fnv1a(name, hash);
      for (unsigned shift = 0; shift < 64 && id.size() < kIdDigits; shift += 4) {
        id += "0123456789abcdef"[hash >> shift & 15];
      }
    }
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos || address.starts_with("unix")) return;
    port = wire::parse_integer(std::string_view(address).substr(colon + 1)).value_or(0);
    host = address.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  }
};

void keyslot(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) { writer.integer(wire::slot_of_key(call.args[2])); });
}

void info(const LocalCall& call) {
  const size_t assigned = call.session.pool().topology().assigned_slots();
  const std::string slots = std::to_string(assigned);
  std::string text = "cluster_state:";
  text += assigned == wire::kSlotCount ? "ok" : "fail";
  text += "\r\ncluster_slots_assigned:" + slots + "\r\ncluster_slots_ok:" + slots;
  text +=
      "\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:1\r\n"
      "cluster_size:1\r\ncluster_current_epoch:0\r\ncluster_my_epoch:0\r\n"
      "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
      "total_cluster_links_buffer_limit_exceeded:0\r\n";
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", text); });
}

void myid(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) { writer.bulk(Node(call.session).id); });
}

// There is no cluster bus: its port is 0.
void nodes(const LocalCall& call) {
  const Node node(call.session);
  const std::string line = node.id + " " + node.host + ":" + std::to_string(node.port) +
                           "@0 myself,master - 0 0 0 connected 0-" + std::to_string(kLastSlot) +
                           "\n";
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", line); });
}

void slots(const LocalCall& call) {
  const Node node(call.session);
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(1);
    writer.array(3);
    writer.integer(0);
    writer.integer(kLastSlot);
    writer.array(4);
    writer.bulk(node.host);
    writer.integer(node.port);
    writer.bulk(node.id);
    writer.map(0);  // further names of the node
  });
}

void shards(const LocalCall& call) {
  const Node node(call.session);
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(1);
    writer.map(2);
    writer.bulk("slots");
    writer.array(2);
    writer.integer(0);
    writer.integer(kLastSlot);
    writer.bulk("nodes");
    writer.array(1);
    writer.map(7);
    writer.bulk("id");
    writer.bulk(node.id);
    writer.bulk("port");
    writer.integer(node.port);
    writer.bulk("ip");
    writer.bulk(node.host);
    writer.bulk("endpoint");
    writer.bulk(node.host);
    writer.bulk("role");
    writer.bulk("master");
    writer.bulk("replication-offset");
    writer.integer(0);
    writer.bulk("health");
    writer.bulk("online");
  });
}

void links(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
}

void replicas(const LocalCall& call) {
  if (call.args[2] != Node(call.session).id) {
    return call.error("ERR Unknown node " + wire::excerpt(call.args[2]));
  }
  call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
}

// ---- the keys of a slot: the shard that owns it knows them

constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";

void ask_owner(const LocalCall& call, int64_t slot) {
  if (!call.may_ask_shards()) return;
  const Destination owner = find_destination(call.session, static_cast<wire::Slot>(slot));
  call.routed = to_one_shard(call.session, call.command, call.args, owner, &merge_first);
}

void countkeysinslot(const LocalCall& call) {
  const auto slot = wire::parse_integer(call.args[2]);
  if (!slot) return call.error(kNotAnInteger);
  if (*slot < 0 || *slot > kLastSlot) return call.error("ERR Invalid slot");
  ask_owner(call, *slot);
}

void getkeysinslot(const LocalCall& call) {
  const auto slot = wire::parse_integer(call.args[2]);
  const auto most = wire::parse_integer(call.args[3]);
  if (!slot || !most) return call.error(kNotAnInteger);
  if (*slot < 0 || *slot > kLastSlot || *most < 0) {
    return call.error("ERR Invalid slot or number of keys");
  }
  ask_owner(call, *slot);
}

// READONLY, READWRITE and ASKING: whether replicas are read from is the pool's setting, and no slot
// is ever elsewhere.
void nothing_to_do(const LocalCall& call) { call.ok(); }

constexpr LocalBinding kBindings[] = {
    {"cluster|keyslot", &keyslot},
    {"cluster|info", &info},
    {"cluster|myid", &myid},
    {"cluster|nodes", &nodes},
    {"cluster|slots", &slots},
    {"cluster|shards", &shards},
    {"cluster|links", &links},
    {"cluster|replicas", &replicas},
    {"cluster|slaves", &replicas},
    {"cluster|countkeysinslot", &countkeysinslot},
    {"cluster|getkeysinslot", &getkeysinslot},
    {"cluster|help", &answer_help},
    {"readonly", &nothing_to_do},
    {"readwrite", &nothing_to_do},
    {"asking", &nothing_to_do},
};

}  // namespace

std::span<const LocalBinding> cluster_bindings() { return kBindings; }

}  // namespace slotway::proxy
