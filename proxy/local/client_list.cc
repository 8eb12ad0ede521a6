// What CLIENT tells of the sessions of all workers, and which of them it ends: INFO, LIST, KILL.

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proxy/fanout/gather.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/tracking.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

struct Ends {
  std::string peer;
  std::string local;
  bool is_unix;
};

// As in Redis, both ends of a Unix socket are its path.
Ends ends_of(const wire::Connection& connection) {
  constexpr std::string_view kUnix = "unix:";
  const std::string local = connection.local_name();
  if (!local.starts_with(kUnix)) return {connection.peer_name(), local, false};
  const std::string path = local.substr(kUnix.size()) + ":0";
  return {path, path, true};
}

// `being_read` is the size of its command that asks for this, or 0.
std::string describe(Session& session, size_t being_read) {
  const wire::Connection& connection = session.connection();
  const uint64_t now = session.worker().loop().now_ms();
  const auto seconds = [now](uint64_t since) { return std::to_string((now - since) / 1000); };
  const Ends ends = ends_of(connection);
  std::string line = "id=" + std::to_string(session.id());
  line += " addr=" + ends.peer;
  line += " laddr=" + ends.local;
  line += " fd=" + std::to_string(connection.fd());
  line += " name=" + session.names().name;
  line += " age=" + seconds(session.created_ms());
  line += " idle=" + seconds(std::max(connection.last_read_ms(), connection.last_write_ms()));
  std::string flags = session.pool().monitors().has(session.id()) ? "O" : "";
  if (session.subscriber()) flags += "P";
  const Transaction* const transaction = session.transaction();
  const bool is_open = transaction && transaction->is_open();
  if (is_open) flags += "x";
  if (session.is_blocked() || session.is_paused()) flags += "b";
  if (session.tracking()) flags += "t";
  if (session.tracking() && session.tracking()->is_broken()) flags += "R";
  if (session.tracking() && session.tracking()->options().broadcasts) flags += "B";
  if (ends.is_unix) flags += "U";
  if (session.no_evict) flags += "e";
  line += " flags=" + (flags.empty() ? "N" : flags);
  line += " db=" + std::to_string(session.database());
  const wire::Subscriptions* const subscriber = session.subscriber();
  const auto subscriptions = [subscriber](ChannelKind kind) {
    return std::to_string(subscriber ? subscriber->count(kind) : 0);
  };
  line += " sub=" + subscriptions(ChannelKind::kChannel);
  line += " psub=" + subscriptions(ChannelKind::kPattern);
  line += " ssub=" + subscriptions(ChannelKind::kShardChannel);
  line += " multi=" + (is_open ? std::to_string(transaction->size()) : "-1");
  const size_t input = connection.unconsumed() + being_read;
  const size_t output = connection.out().size() + session.early_bytes();
  const size_t queued = is_open ? transaction->bytes().size() : 0;
  line += " qbuf=" + std::to_string(input);
  line += " qbuf-free=0 argv-mem=0 multi-mem=" + std::to_string(queued);
  line += " rbs=0 rbp=0 obl=0 oll=0 omem=" + std::to_string(output);
  line += " tot-mem=" + std::to_string(sizeof(Session) + input + queued + output);
  line += output > 0 ? " events=rw" : " events=r";
  line += " cmd=" + (session.last_command ? session.last_command->full_name : "NULL");
  line += " user=";
  line += session.user();
  const Tracking* const tracking = session.tracking();
  line += " redir=" + (tracking ? std::to_string(tracking->options().redirect) : "-1");
  line += " resp=" + std::to_string(session.protocol());
  line += " pending=" + std::to_string(session.pending());
  line += " lib-name=" + session.names().library_name;
  line += " lib-ver=" + session.names().library_version;
  return line + "\n";
}

std::string as_bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

void client_info(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    writer.verbatim("txt", describe(call.session, call.request_size));
  });
}

// Which sessions a LIST or KILL means: of the asker's pool, those that all that is set holds for.
struct Filter {
  explicit Filter(const Session& session)
      : pool(session.pool().settings().name), asking(session.id()) {}

  std::string pool;
  uint64_t asking;
  std::optional<std::vector<uint64_t>> ids;
  std::optional<std::string> address;
  std::optional<std::string> local_address;
  std::optional<std::string> user;
  std::optional<bool> subscribes;  // TYPE pubsub or normal
  bool none = false;               // another TYPE than any session has
  bool skip_asking = false;

  // But for the ids, by which for_each() looks.
  bool matches(const Session& session) const {
    if (none || (skip_asking && session.id() == asking)) return false;
    if (session.connection().closing() || session.pool().settings().name != pool) return false;
    if (subscribes && (session.subscriber() != nullptr) != *subscribes) return false;
    if (user && session.user() != *user) return false;
    if (!address && !local_address) return true;
    const Ends ends = ends_of(session.connection());
    return (!address || ends.peer == *address) && (!local_address || ends.local == *local_address);
  }

  // Calls `visit(Session&)` for those of the worker.
  template <typename Visit>
  void for_each(Worker& worker, Visit visit) const {
    if (!ids) {
      for (const auto& [id, session] : worker.sessions()) {
        if (matches(*session)) visit(*session);
      }
      return;
    }
    for (const uint64_t id : *ids) {
      const auto session = worker.sessions().find(id);
      if (session != worker.sessions().end() && matches(*session->second)) visit(*session->second);
    }
  }
};

// "TYPE t": normal clients and subscribers exist here. Empty, or what is wrong.
std::string take_type(std::string_view type, Filter& filter) {
  for (const std::string_view known : {"normal", "master", "replica", "slave", "pubsub"}) {
    if (!wire::equal_ignoring_case(type, known)) continue;
    filter.none = known != "normal" && known != "pubsub";
    filter.subscribes.reset();
    if (!filter.none) filter.subscribes = known == "pubsub";
    return {};
  }
  return "ERR Unknown client type '" + wire::excerpt(type) + "'";
}

// The lines of all workers in Redis's order: as their ids were asked for, or the oldest first.
bool merge_lines(FanOut& fan_out, const Filter& filter, wire::OutputBuffer& out,
                 std::string& error) {
  std::map<uint64_t, std::string_view> lines;
  for (Part& part : fan_out.parts()) {
    auto text = ReplyCursor(part.reply.contiguous(out.pool())).string();
    if (!text) {
      error = "a worker gave no text";
      return false;
    }
    while (!text->empty()) {
      const std::string_view line = text->substr(0, text->find('\n') + 1);
      text->remove_prefix(line.size());
      uint64_t id = 0;
      std::from_chars(line.data() + std::string_view("id=").size(), line.data() + line.size(), id);
      lines[id] = line;
    }
  }
  std::string all;
  if (filter.ids) {
    for (const uint64_t id : *filter.ids) {
      if (const auto line = lines.extract(id)) all += line.mapped();
    }
  }
  for (const auto& [id, line] : lines) all += line;
  wire::ReplyWriter(out, fan_out.protocol()).verbatim("txt", all);
  return true;
}

void client_list(const LocalCall& call) {
  const wire::Args args = call.args;
  Filter filter(call.session);
  if (args.size() == 4 && wire::equal_ignoring_case(args[2], "type")) {
    const std::string problem = take_type(args[3], filter);
    if (!problem.empty()) return call.error(problem);
  } else if (args.size() > 3 && wire::equal_ignoring_case(args[2], "id")) {
    std::vector<uint64_t> ids;
    std::set<uint64_t> seen;  // each once, or the reply would be many times the request
    for (const std::string_view text : args.subspan(3)) {
      const auto number = wire::parse_integer(text);
      if (!number) return call.error("ERR Invalid client ID");
      const auto id = static_cast<uint64_t>(*number);
      if (seen.insert(id).second) ids.push_back(id);
    }
    filter.ids = std::move(ids);
  } else if (args.size() != 2) {
    return call.error("ERR syntax error");
  }
  gather(
      call.session, call.command,
      [filter, size = call.request_size](Worker& worker) {
        std::string lines;
        filter.for_each(worker, [&](Session& session) {
          lines += describe(session, session.id() == filter.asking ? size : 0);
        });
        return as_bulk(lines);
      },
      [filter](FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
        return merge_lines(fan_out, filter, out, error);
      });
}

// Closes what matches and answers with how many.
std::string kill_matching(Worker& worker, const Filter& filter) {
  int64_t killed = 0;
  filter.for_each(worker, [&](Session& session) {
    ++killed;
    if (session.id() == filter.asking) {
      session.finish(metrics::CloseReason::kKilled);  // after it has the answer
    } else {
      session.close(metrics::CloseReason::kKilled);
    }
  });
  return ":" + std::to_string(killed) + "\r\n";
}

// CLIENT KILL addr:port answers OK or an error, not a count.
bool merge_old_kill(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  for (Part& part : fan_out.parts()) {
    if (part.reply.contiguous(out.pool()) != ":0\r\n") {
      wire::ReplyWriter(out).ok();
      return true;
    }
  }
  error = "No such client";
  return false;
}

// The options of the new form; empty, or what is wrong.
std::string parse_kill(wire::Args args, const Users& users, Filter& filter) {
  filter.skip_asking = true;
  for (size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return "ERR syntax error";
    const std::string_view option = args[i];
    const std::string_view value = args[i + 1];
    if (wire::equal_ignoring_case(option, "id")) {
      const auto id = wire::parse_integer(value);
      if (!id || *id < 1) return "ERR client-id should be greater than 0";
      filter.ids = {static_cast<uint64_t>(*id)};
    } else if (wire::equal_ignoring_case(option, "addr")) {
      filter.address = value;
    } else if (wire::equal_ignoring_case(option, "laddr")) {
      filter.local_address = value;
    } else if (wire::equal_ignoring_case(option, "type")) {
      const std::string problem = take_type(value, filter);
      if (!problem.empty()) return problem;
    } else if (wire::equal_ignoring_case(option, "user")) {
      if (value != "default" && !users.has(value)) {
        return "ERR No such user '" + wire::excerpt(value) + "'";
      }
      filter.user = value;
    } else if (wire::equal_ignoring_case(option, "skipme")) {
      if (wire::equal_ignoring_case(value, "yes")) {
        filter.skip_asking = true;
      } else if (wire::equal_ignoring_case(value, "no")) {
        filter.skip_asking = false;
      } else {
        return "ERR syntax error";
      }
    } else {
      return "ERR syntax error";
    }
  }
  return {};
}

void client_kill(const LocalCall& call) {
  Filter filter(call.session);
  const bool old_form = call.args.size() == 3;
  if (old_form) {
    filter.address = call.args[2];
  } else {
    const std::string problem = parse_kill(call.args, call.session.pool().settings().users, filter);
    if (!problem.empty()) return call.error(problem);
  }
  const bool means_another = filter.ids && filter.ids->front() != filter.asking;
  // Nothing is carried out that comes behind its own end.
  if (!means_another && filter.matches(call.session)) call.session.settle_first();
  gather(
      call.session, call.command,
      [filter](Worker& worker) { return kill_matching(worker, filter); },
      old_form ? &merge_old_kill : sum_merge());
}

constexpr LocalBinding kBindings[] = {
    {"client|info", &client_info},
    {"client|list", &client_list},
    {"client|kill", &client_kill},
};

}  // namespace

std::span<const LocalBinding> client_list_bindings() { return kBindings; }

}  // namespace slotway::proxy
