// The CONFIG family: the proxy's own settings under the names that Redis gives them, and the
// settings of the shards.
//
// What the proxy does not have itself is changed on every shard, and read from the first. A change
// that one shard refuses is not taken back on the others; the error names the shard.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/log.h"
#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/glob.h"
#include "wire/number.h"
#include "wire/secret_arguments.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

struct OwnSetting {
  std::string_view name;
  std::string (*get)(const PoolSettings& pool);
  // What CONFIG SET changes, and between which bounds; null if only the file does.
  std::optional<WaitSettings::Name> running = {};
  int64_t least = 0;
  int64_t most = 0;
  // The same of one that takes a word: its index is given to `set`.
  std::span<const std::string_view> words = {};
  void (*set)(size_t word) = nullptr;

  bool is_running() const { return running || set; }
};

// The log's levels, in Redis's words, which have no level for errors alone.
constexpr std::string_view kLogWords[] = {"debug", "verbose", "notice", "warning"};

std::string log_word(const PoolSettings&) {
  using Level = metrics::log::Level;
  const Level level = metrics::log::level();
  return std::string(kLogWords[level == Level::kDebug ? 0 : level == Level::kInfo ? 2 : 3]);
}

void set_log_word(size_t word) {
  using Level = metrics::log::Level;
  constexpr Level kLevels[] = {Level::kDebug, Level::kDebug, Level::kInfo, Level::kWarn};
  metrics::log::set_level(kLevels[word]);
}

constexpr int64_t kMostEntries = 1'000'000;  // of the slow log, all in memory

constexpr OwnSetting kOwnSettings[] = {
    {"client-query-buffer-limit",
     [](const PoolSettings& pool) { return std::to_string(pool.limits.request_size); }},
    {"databases", [](const PoolSettings&) { return std::string("16"); }},
    {"latency-monitor-threshold", nullptr, WaitSettings::Name::kLatencyMonitorThreshold, 0,
     INT64_MAX},
    {.name = "loglevel", .get = &log_word, .words = kLogWords, .set = &set_log_word},
    {"maxclients", [](const PoolSettings& pool) { return std::to_string(pool.limits.clients); }},
    {"proto-max-bulk-len",
     [](const PoolSettings& pool) { return std::to_string(pool.limits.bulk_size); }},
    {"slowlog-log-slower-than", nullptr, WaitSettings::Name::kSlowLogSlowerThan, -1, INT64_MAX},
    {"slowlog-max-len", nullptr, WaitSettings::Name::kSlowLogMaxLength, 0, kMostEntries},
    {"timeout",
     [](const PoolSettings& pool) { return std::to_string(pool.timeouts.idle.count() / 1000); }},
};

// Settings of the shards that the proxy's own connections rest on: as the secrets of the shards,
// its clients neither see nor change them.
constexpr std::string_view kHidden[] = {
    "bind",           "port",          "protected-mode", "tls-port",         "unixsocket",
    "unixsocketperm", "tls-cert-file", "tls-key-file",   "tls-ca-cert-file", "tls-ciphers",
    "tls-protocols",
};

const OwnSetting* find_own(std::string_view name) {
  const auto* const found = std::find_if(
      std::begin(kOwnSettings), std::end(kOwnSettings),
      [name](const OwnSetting& own) { return wire::equal_ignoring_case(name, own.name); });
  return found == std::end(kOwnSettings) ? nullptr : found;
}

bool is_hidden(std::string_view name) {
  return wire::is_secret_setting(name) || std::ranges::any_of(kHidden, [name](auto hidden) {
           return wire::equal_ignoring_case(name, hidden);
         });
}

bool is_plain(std::string_view pattern) {
  return pattern.find_first_of("[*?") == std::string_view::npos;
}

// ---- GET

using Pair = std::pair<std::string, std::string>;

std::string value_of(const OwnSetting& own, Session& session) {
  if (!own.running) return own.get(session.pool().settings());
  return std::to_string(session.pool().wait_settings().get(*own.running));
}

std::vector<Pair> own_matches(Session& session, wire::Args patterns) {
  std::vector<Pair> found;
  for (const OwnSetting& own : kOwnSettings) {
    for (const std::string_view pattern : patterns) {
      if (!wire::glob_match(pattern, own.name, /*ignore_case=*/true)) continue;
      found.emplace_back(is_plain(pattern) ? pattern : own.name, value_of(own, session));
      break;
    }
  }
  return found;
}

void write_pairs(const std::vector<Pair>& pairs, wire::ReplyWriter& writer) {
  writer.map(pairs.size());
  for (const auto& [name, value] : pairs) {
    writer.bulk(name);
    writer.bulk(value);
  }
}

// Puts behind `pairs` what the shard has told beside them.
bool merge_get(FanOut& fan_out, std::vector<Pair> pairs, wire::OutputBuffer& out,
               std::string& error) {
  Part& part = fan_out.parts().front();
  ReplyCursor reply(part.reply.contiguous(out.pool()));
  const auto count = reply.enter_map();
  for (int64_t i = 0; i < count.value_or(0); ++i) {
    const auto name = reply.string();
    const auto value = reply.string();
    if (!name || !value) break;
    if (!find_own(*name) && !is_hidden(*name)) pairs.emplace_back(*name, *value);
  }
  if (!count || !reply.at_end()) {
    error = part.source->label() + " sent a reply that does not fit the command";
    return false;
  }
  wire::ReplyWriter writer(out, fan_out.protocol());
  write_pairs(pairs, writer);
  return true;
}

void get(const LocalCall& call) {
  const wire::Args patterns = call.args.subspan(2);
  std::vector<Pair> own = own_matches(call.session, patterns);
  std::vector<std::string_view> question = {"CONFIG", "GET"};
  for (const std::string_view pattern : patterns) {
    if (!find_own(pattern) && !is_hidden(pattern)) question.push_back(pattern);
  }
  if (question.size() == 2) {
    return call.reply([&](wire::ReplyWriter& writer) { write_pairs(own, writer); });
  }
  if (!call.may_ask_shards()) return;
  const Destination first = find_destination(call.session, call.session.pool().shard(0));
  call.routed = to_one_shard(
      call.session, call.command, question, first,
      [own = std::move(own)](FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
        return merge_get(fan_out, own, out, error);
      });
}

// ---- SET

std::string failure(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + wire::excerpt(name) + "') - " +
         std::string(why);
}

// What a CONFIG SET is to change in the proxy.
using Changes = std::vector<std::pair<const OwnSetting*, int64_t>>;

void take_over(const Changes& changes, Server& server, const std::string& by) {
  for (const auto& [own, value] : changes) {
    metrics::log::audit(
        std::string(own->name) + " is set to " +
        (own->set ? std::string(own->words[static_cast<size_t>(value)]) : std::to_string(value)) +
        ", by " + by);
    if (own->set) {
      own->set(static_cast<size_t>(value));
    } else {
      server.wait_settings().set(*own->running, value);
    }
  }
}

// Empty, or the error line; so the next.
std::string take_word(const OwnSetting& own, std::string_view text, Changes& changes) {
  std::string known;
  for (size_t i = 0; i < own.words.size(); ++i) {
    if (wire::equal_ignoring_case(text, own.words[i])) {
      changes.emplace_back(&own, static_cast<int64_t>(i));
      return {};
    }
    known.append(i == 0 ? "" : ", ").append(own.words[i]);
  }
  return failure(own.name, "argument(s) must be one of the following: " + known);
}

std::string take_own(const OwnSetting& own, std::string_view name, std::string_view text,
                     Changes& changes) {
  if (!own.is_running()) return failure(name, "it stands in the configuration file of the proxy");
  for (const auto& change : changes) {
    if (change.first == &own) return failure(name, "duplicate parameter");
  }
  if (own.set) return take_word(own, text, changes);
  const auto value = wire::parse_integer(text);
  if (!value) return failure(own.name, "argument couldn't be parsed into an integer");
  if (*value < own.least || *value > own.most) {
    return failure(own.name, "argument must be between " + std::to_string(own.least) + " and " +
                                 std::to_string(own.most) + " inclusive");
  }
  changes.emplace_back(&own, *value);
  return {};
}

// The proxy's own settings follow when the shards have taken theirs.
void set(const LocalCall& call) {
  const wire::Args pairs = call.args.subspan(2);
  if (pairs.size() % 2 != 0) return call.error("ERR syntax error");
  Changes changes;
  std::vector<std::string_view> order = {"CONFIG", "SET"};
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (const OwnSetting* own = find_own(pairs[i])) {
      const std::string wrong = take_own(*own, pairs[i], pairs[i + 1], changes);
      if (!wrong.empty()) return call.error(wrong);
    } else if (is_hidden(pairs[i])) {
      return call.error(failure(pairs[i], "the proxy's own connections to the shards rest on it"));
    } else {
      order.insert(order.end(), {pairs[i], pairs[i + 1]});
    }
  }
  if (order.size() == 2) {
    take_over(changes, call.session.worker().server(), call.by());
    return call.ok();
  }
  if (!call.may_ask_shards()) return;
  call.routed = to_all_shards(call.session, call.command, order,
                              [changes = std::move(changes), by = call.by()](
                                  FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
                                take_over(changes, fan_out.worker().server(), by);
                                return merge_first(fan_out, out, error);
                              });
}

// ---- RESETSTAT: of the shards, and of the proxy

void resetstat(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  call.routed = to_all_shards(call.session, call.command, call.args,
                              [](FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
                                fan_out.worker().server().statistics().reset();
                                return merge_first(fan_out, out, error);
                              });
}

constexpr LocalBinding kBindings[] = {
    {"config|get", &get},
    {"config|set", &set},
    {"config|resetstat", &resetstat},
    {"config|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> config_bindings() { return kBindings; }

}  // namespace slotway::proxy
