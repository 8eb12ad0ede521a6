// The CLIENT family, as far as it is about other sessions: INFO, LIST, KILL.

#include <optional>
#include <string>

#include "backend/commands/bindings.h"

namespace slotway::backend {

namespace {

// The replies that wait for a client. Redis has a buffer for the first, of a fixed place, and a
// list for what has no room there; here that is the first block and the others, which go when they
// are written: there is no other peak of the first one than what it is.
std::string describe_output(const wire::OutputBuffer& out) {
  const auto ranges = out.ranges();
  const size_t first = ranges.empty() ? 0 : ranges.front().size;
  const std::string capacity = std::to_string(ranges.empty() ? 0 : ranges.front().block->capacity);
  return " rbs=" + capacity + " rbp=" + capacity + " obl=" + std::to_string(first) +
         " oll=" + std::to_string(ranges.empty() ? 0 : ranges.size() - 1) +
         " omem=" + std::to_string(out.size() - first);
}

std::string describe(const Call& call, const Client& client) {
  const wire::Connection& connection = client.connection();
  const uint64_t now_ms = call.store.loop.now_ms();
  const auto seconds = [now_ms](uint64_t since_ms) {
    return std::to_string((now_ms - since_ms) / 1000);
  };
  const std::string peer = connection.peer_name();
  std::string flags;
  if (client.is_monitor) flags += 'O';
  if (client.is_subscribed()) flags += 'P';
  if (client.transaction) flags += 'x';
  if (client.wait || client.is_held()) flags += 'b';
  if (client.tracking) flags += 't';
  if (client.tracking && client.tracking->redirect_is_broken) flags += 'R';
  if (client.tracking && client.tracking->broadcast) flags += 'B';
  if (client.watch_broken) flags += 'd';
  if (peer.starts_with("unix")) flags += 'U';
  if (client.no_evict) flags += 'e';
  if (flags.empty()) flags = "N";
  const auto subscriptions = [&client](PubSub::Kind kind) {
    return std::to_string(client.subscriptions() ? client.subscriptions()->count(kind) : 0);
  };
  std::string line = "id=" + std::to_string(client.id());
  line += " addr=" + peer;
  line += " laddr=" + connection.local_name();
  line += " fd=" + std::to_string(connection.fd());
  line += " name=" + client.name;
  line += " age=" + seconds(client.created_ms());
  line += " idle=" + seconds(client.last_command_ms());
  line += " flags=" + flags;
  line += " db=" + std::to_string(client.database);
  line += " sub=" + subscriptions(PubSub::Kind::kChannel);
  line += " psub=" + subscriptions(PubSub::Kind::kPattern);
  line += " ssub=" + subscriptions(PubSub::Kind::kShardChannel);
  line += " multi=" + (client.transaction ? std::to_string(client.transaction->commands.size())
                                          : std::string("-1"));
  line += " qbuf=" + std::to_string(client.unread());
  line += " qbuf-free=" + std::to_string(connection.input_room());
  // The arguments of a command lie in the input, unless the command waits.
  line += " argv-mem=" + std::to_string(client.wait ? client.wait->command.memory() : 0);
  line += " multi-mem=" + std::to_string(client.transaction ? client.transaction->memory : 0);
  line += describe_output(connection.out());
  line += " tot-mem=" + std::to_string(client.memory());
  line += std::string(" events=") + (connection.paused() ? "" : "r") +
          (&client == &call.client || connection.out().empty() ? "" : "w");
  line += " cmd=" + (client.last_command() ? client.last_command()->full_name : "NULL");
  line += " user=default redir=" +
          std::to_string(client.tracking ? static_cast<int64_t>(client.tracking->redirect) : -1);
  line += " resp=" + std::to_string(client.protocol);
  line += " lib-name=" + client.library_name;
  line += " lib-ver=" + client.library_version;
  return line + "\n";
}

void info(Call& call) { call.reply.verbatim("txt", describe(call, call.client)); }

// What clients Redis tells apart here; there are neither masters nor replicas.
enum class ClientType : uint8_t { kNormal, kPubSub, kOther };

ClientType type_of(const Client& client) {
  return client.is_subscribed() ? ClientType::kPubSub : ClientType::kNormal;
}

// Without a value, the error has been answered.
std::optional<ClientType> parse_type(const Call& call, std::string_view type) {
  if (wire::equal_ignoring_case(type, "normal")) return ClientType::kNormal;
  if (wire::equal_ignoring_case(type, "pubsub")) return ClientType::kPubSub;
  for (const std::string_view other : {"master", "replica", "slave"}) {
    if (wire::equal_ignoring_case(type, other)) return ClientType::kOther;
  }
  call.reply.error("ERR Unknown client type '" + wire::excerpt(type) + "'");
  return std::nullopt;
}

void list(Call& call) {
  const wire::Args args = call.args;
  std::string lines;
  if (args.size() > 3 && call.is(2, "id")) {
    for (const std::string_view text : args.subspan(3)) {
      const auto id = wire::parse_integer(text);
      if (!id) return call.reply.error("ERR Invalid client ID");
      const Client* const client = call.store.clients.find(static_cast<uint64_t>(*id));
      if (client && !client->connection().closing()) lines += describe(call, *client);
    }
    return call.reply.verbatim("txt", lines);
  }
  std::optional<ClientType> type;
  if (args.size() == 4 && call.is(2, "type")) {
    type = parse_type(call, args[3]);
    if (!type) return;
  } else if (args.size() != 2) {
    return call.reply.error(kSyntaxError);
  }
  for (const auto& [id, client] : call.store.clients.all()) {
    if ((!type || type_of(*client) == *type) && !client->connection().closing())
      lines += describe(call, *client);
  }
  call.reply.verbatim("txt", lines);
}

// ---- KILL

// Which clients are meant: all that is set must hold.
struct Filter {
  uint64_t id = 0;  // 0: any
  std::optional<std::string_view> peer;
  std::optional<std::string_view> local;
  std::optional<ClientType> type;
  bool spare_caller = true;

  bool matches(const Client& client, const Client& caller) const {
    if (type && type_of(client) != *type) return false;
    if (client.connection().closing()) return false;
    if (spare_caller && &client == &caller) return false;
    if (id != 0 && client.id() != id) return false;
    if (peer && client.connection().peer_name() != *peer) return false;
    return !local || client.connection().local_name() == *local;
  }
};

// Takes one option and its value. False, and the error is answered, for a wrong one.
bool take_option(const Call& call, size_t at, Filter& filter) {
  const std::string_view value = call.args[at + 1];
  if (call.is(at, "id")) {
    const auto id = wire::parse_integer(value);
    if (!id || *id < 1) {
      call.reply.error("ERR client-id should be greater than 0");
      return false;
    }
    filter.id = static_cast<uint64_t>(*id);
  } else if (call.is(at, "addr")) {
    filter.peer = value;
  } else if (call.is(at, "laddr")) {
    filter.local = value;
  } else if (call.is(at, "type")) {
    filter.type = parse_type(call, value);
    if (!filter.type) return false;
  } else if (call.is(at, "user")) {
    if (value != "default") {
      call.reply.error("ERR No such user '" + wire::excerpt(value) + "'");
      return false;
    }
  } else if (call.is(at, "skipme") && wire::equal_ignoring_case(value, "yes")) {
    filter.spare_caller = true;
  } else if (call.is(at, "skipme") && wire::equal_ignoring_case(value, "no")) {
    filter.spare_caller = false;
  } else {
    call.reply.error(kSyntaxError);
    return false;
  }
  return true;
}

// Closes what matches; the caller itself only after it has been answered.
int64_t kill_matching(const Call& call, const Filter& filter, bool& kills_caller) {
  int64_t killed = 0;
  for (const auto& [id, client] : call.store.clients.all()) {
    if (!filter.matches(*client, call.client)) continue;
    ++killed;
    if (client.get() == &call.client) {
      kills_caller = true;
    } else {
      client->close("killed by CLIENT KILL");
    }
  }
  return killed;
}

void kill(Call& call) {
  Filter filter;
  const bool old_form = call.args.size() == 3;
  if (old_form) {
    filter.peer = call.args[2];
    filter.spare_caller = false;
  } else {
    for (size_t i = 2; i < call.args.size(); i += 2) {
      if (i + 1 == call.args.size()) return call.reply.error(kSyntaxError);
      if (!take_option(call, i, filter)) return;
    }
  }
  bool kills_caller = false;
  const int64_t killed = kill_matching(call, filter, kills_caller);
  if (!old_form) {
    call.reply.integer(killed);
  } else if (killed > 0) {
    call.reply.ok();
  } else {
    call.reply.error("ERR No such client");
  }
  if (kills_caller) call.client.finish("killed by CLIENT KILL");
}

constexpr Binding kBindings[] = {
    {"client|info", &info}, {"client|list", &list}, {"client|kill", &kill}};

}  // namespace

std::span<const Binding> client_list_bindings() { return kBindings; }

}  // namespace slotway::backend
