// CLUSTER: to clients in cluster mode the proxy is the one node that owns every slot, or one of the
// proxies that the pool announces, which share the slots evenly.
//
// Each of them serves every slot, so none ever sends anybody elsewhere.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/local/local_commands.h"
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

// A node, as a client sees it: the same in every process that serves this pool at this address.
struct Node {
  std::string id;
  std::string host;  // empty on a Unix socket, which tells clients to stay where they are
  int64_t port = 0;
  bool is_myself = false;
  int64_t first_slot = 0;
  int64_t last_slot = kLastSlot;

  Node(const std::string& pool, const std::string& address) {
    const std::string name = pool + " " + address;
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

// The announced proxies, which share the slots evenly in the order of the list; without a list this
// one alone, with the address that the client has connected to. By that address also is known which
// of the list is this one; where none has it, behind an address translation, the one with that
// port, or the first.
std::vector<Node> nodes_of(const Session& session) {
  const PoolSettings& pool = session.pool().settings();
  const std::string here = session.connection().local_name();
  const Node single(pool.name, here);
  std::vector<Node> nodes;
  for (const config::Address& address : pool.announce)
    nodes.emplace_back(pool.name, address.text());
  if (nodes.empty()) nodes.push_back(single);
  const auto count = static_cast<int64_t>(nodes.size());
  for (int64_t i = 0; i < count; ++i) {
    Node& node = nodes[static_cast<size_t>(i)];
    node.first_slot = i * wire::kSlotCount / count;
    node.last_slot = (i + 1) * wire::kSlotCount / count - 1;
  }
  auto myself = std::ranges::find(nodes, single.id, &Node::id);
  if (myself == nodes.end()) myself = std::ranges::find(nodes, single.port, &Node::port);
  (myself == nodes.end() ? nodes.front() : *myself).is_myself = true;
  return nodes;
}

void keyslot(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) { writer.integer(wire::slot_of_key(call.args[2])); });
}

void info(const LocalCall& call) {
  const size_t assigned = call.session.pool().topology().assigned_slots();
  const std::string slots = std::to_string(assigned);
  const std::string count = std::to_string(nodes_of(call.session).size());
  std::string text = "cluster_state:";
  text += assigned == wire::kSlotCount ? "ok" : "fail";
  text += "\r\ncluster_slots_assigned:" + slots + "\r\ncluster_slots_ok:" + slots;
  text += "\r\ncluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:" + count +
          "\r\ncluster_size:" + count;
  text +=
      "\r\ncluster_current_epoch:0\r\ncluster_my_epoch:0\r\n"
      "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
      "total_cluster_links_buffer_limit_exceeded:0\r\n";
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", text); });
}

void myid(const LocalCall& call) {
  const std::vector<Node> nodes = nodes_of(call.session);
  const auto myself = std::ranges::find(nodes, true, &Node::is_myself);
  call.reply([&](wire::ReplyWriter& writer) { writer.bulk(myself->id); });
}

// There is no cluster bus: its port is 0.
void nodes(const LocalCall& call) {
  std::string text;
  for (const Node& node : nodes_of(call.session)) {
    text += node.id + " " + node.host + ":" + std::to_string(node.port) + "@0 " +
            (node.is_myself ? "myself," : "") + "master - 0 0 0 connected " +
            std::to_string(node.first_slot) + "-" + std::to_string(node.last_slot) + "\n";
  }
  call.reply([&](wire::ReplyWriter& writer) { writer.verbatim("txt", text); });
}

void slots(const LocalCall& call) {
  const std::vector<Node> nodes = nodes_of(call.session);
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(nodes.size());
    for (const Node& node : nodes) {
      writer.array(3);
      writer.integer(node.first_slot);
      writer.integer(node.last_slot);
      writer.array(4);
      writer.bulk(node.host);
      writer.integer(node.port);
      writer.bulk(node.id);
      writer.map(0);  // further names of the node
    }
  });
}

void write_shard(const Node& node, wire::ReplyWriter& writer) {
  writer.map(2);
  writer.bulk("slots");
  writer.array(2);
  writer.integer(node.first_slot);
  writer.integer(node.last_slot);
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
}

void shards(const LocalCall& call) {
  const std::vector<Node> nodes = nodes_of(call.session);
  call.reply([&](wire::ReplyWriter& writer) {
    writer.array(nodes.size());
    for (const Node& node : nodes) write_shard(node, writer);
  });
}

void links(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
}

void replicas(const LocalCall& call) {
  const std::vector<Node> nodes = nodes_of(call.session);
  if (std::ranges::find(nodes, call.args[2], &Node::id) == nodes.end()) {
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
