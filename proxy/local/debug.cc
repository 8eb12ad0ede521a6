// DEBUG, as far as it does no harm behind a proxy: for clients of this machine, since the shards
// take the proxy for one.
//
// SLEEP is the client's alone: it waits here, and nobody else. Refused is what ends a server
// (SEGFAULT, ...) or loses data (RELOAD NOSAVE). RELOAD and LOADAOF do what they do to one server,
// to all: each must have a directory of its own. Only a pool with one shard has POPULATE, which
// would make keys on the wrong shard.

#include <algorithm>
#include <cstdlib>
#include <string>

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/worker.h"
#include "wire/slot.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

enum class Way : uint8_t {
  kOwner,   // to the shard of the key, which is argument 2
  kAll,     // to all shards, which must say the same
  kOnly,    // to the only shard
  kDigest,  // to all shards; the sum of what they hold
};

struct DebugCommand {
  std::string_view name;
  size_t fewest_args;  // "DEBUG" and the name included
  size_t most_args;
  Way way;
};

constexpr DebugCommand kCommands[] = {
    {"digest", 2, 2, Way::kDigest},
    {"digest-value", 3, 3, Way::kOwner},
    {"htstats-key", 3, 3, Way::kOwner},
    {"listpack", 3, 3, Way::kOwner},
    {"loadaof", 2, 2, Way::kAll},
    {"object", 3, 4, Way::kOwner},
    {"pause-cron", 3, 3, Way::kAll},
    {"populate", 3, 5, Way::kOnly},
    {"quicklist", 3, 4, Way::kOwner},
    {"quicklist-packed-threshold", 3, 3, Way::kAll},
    {"reload", 2, 2, Way::kAll},
    {"sdslen", 3, 3, Way::kOwner},
    {"set-active-expire", 3, 3, Way::kAll},
    {"set-disable-deny-scripts", 3, 3, Way::kAll},
};

bool is_local(const Session& session) {
  const std::string peer = session.connection().peer_name();
  return peer.starts_with("unix") || peer.starts_with("127.") || peer.starts_with("[::1]") ||
         peer.starts_with("[::ffff:127.");
}

// As in one server, where every key's digest is added by exclusive or: the same data on as many
// shards gives the same digest.
bool merge_digests(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  constexpr size_t kDigits = 40;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string sum(kDigits, '0');
  for (Part& part : fan_out.parts()) {
    const auto digest = ReplyCursor(part.reply.contiguous(out.pool())).string();
    const bool fits = digest && digest->size() == kDigits &&
                      digest->find_first_not_of(kHex) == std::string_view::npos;
    if (!fits) {
      error = part.source->label() + " sent a reply that does not fit the command";
      return false;
    }
    for (size_t i = 0; i < kDigits; ++i) {
      sum[i] = kHex[kHex.find(sum[i]) ^ kHex.find((*digest)[i])];
    }
  }
  wire::ReplyWriter(out).simple(sum);
  return true;
}

void ask(const LocalCall& call, Way way) {
  if (!call.may_ask_shards()) return;
  Session& session = call.session;
  switch (way) {
    case Way::kOwner:
      call.routed =
          to_one_shard(session, call.command, call.args,
                       find_destination(session, wire::slot_of_key(call.args[2])), &merge_first,
                       /*for_all=*/true);  // of a key there is only one shard that can speak
      return;
    case Way::kAll:
    case Way::kOnly:
      call.routed = to_all_shards(session, call.command, call.args, &merge_first);
      return;
    case Way::kDigest:
      call.routed = to_all_shards(session, call.command, call.args, &merge_digests);
      return;
  }
}

// Each type of reply there is.
void write_protocol_sample(std::string_view type, wire::ReplyWriter& writer) {
  const auto is = [type](std::string_view name) { return wire::equal_ignoring_case(type, name); };
  const bool old = writer.version() == 2;
  const auto three_numbers = [&writer] {
    for (int64_t i = 0; i < 3; ++i) writer.integer(i);
  };
  if (is("string")) {
    writer.bulk("Hello World");
  } else if (is("integer")) {
    writer.integer(12345);
  } else if (is("double")) {
    writer.real(3.141);
  } else if (is("bignum")) {
    constexpr std::string_view kNumber = "1234567999999999999999999999999999999";
    old ? writer.bulk(kNumber) : writer.raw("(" + std::string(kNumber) + "\r\n");
  } else if (is("null")) {
    writer.null();
  } else if (is("array")) {
    writer.array(3);
    three_numbers();
  } else if (is("set")) {
    writer.set(3);
    three_numbers();
  } else if (is("map")) {
    writer.map(3);
    for (int64_t i = 0; i < 3; ++i) {
      writer.integer(i);
      writer.boolean(i == 1);
    }
  } else if (is("attrib")) {
    if (!old) writer.raw("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n");
    writer.bulk("Some real reply following the attribute");
  } else if (is("push") && old) {
    writer.error("ERR RESP2 is not supported by this command");
  } else if (is("push")) {
    writer.push(2);
    writer.bulk("server-cpu-usage");
    writer.integer(42);
    writer.bulk("Some real reply following the push reply");
  } else if (is("verbatim")) {
    writer.verbatim("txt", "This is a verbatim\nstring");
  } else if (is("true") || is("false")) {
    writer.boolean(is("true"));
  } else {
    writer.error(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
  }
}

void sleep(const LocalCall& call) {
  constexpr double kLongest = 3600;  // seconds
  const double seconds = std::strtod(std::string(call.args[2]).c_str(), nullptr);
  const double bounded = seconds > 0 ? std::min(seconds, kLongest) : 0;
  Worker& worker = call.session.worker();
  const uint64_t until_ns = worker.now_ns() + static_cast<uint64_t>(bounded * 1e9);
  call.session.settle_first();
  auto* const fan_out =
      new FanOut(worker, *call.session.expect_reply(&call.command), 1, &merge_first);
  worker.try_until_done([fan_out, until_ns, &worker] {
    // Not for a client that is gone.
    if (fan_out->parent() && worker.now_ns() < until_ns) return false;
    fan_out->part_done(0, ReplyView(std::string_view("+OK\r\n")));
    return true;
  });
}

void help(const LocalCall& call) {
  call.reply([](wire::ReplyWriter& writer) {
    writer.array(3 + std::size(kCommands));
    writer.simple("DEBUG <subcommand> [<arg> ...]. What this proxy does or passes on:");
    writer.simple("PROTOCOL <type>");
    writer.simple("SLEEP <seconds>");
    for (const DebugCommand& each : kCommands) {
      std::string name(each.name);
      for (char& c : name) {
        if (c != '-') c = static_cast<char>(c - 32);
      }
      writer.simple(name);
    }
  });
}

void debug(const LocalCall& call) {
  if (!is_local(call.session)) {
    return call.error("ERR DEBUG command not allowed: only for clients of this machine");
  }
  const wire::Args args = call.args;
  if (args.size() == 2 && wire::equal_ignoring_case(args[1], "help")) return help(call);
  if (args.size() == 3 && wire::equal_ignoring_case(args[1], "sleep")) return sleep(call);
  if (args.size() == 3 && wire::equal_ignoring_case(args[1], "protocol")) {
    return call.reply([&](wire::ReplyWriter& writer) { write_protocol_sample(args[2], writer); });
  }
  for (const DebugCommand& each : kCommands) {
    if (!wire::equal_ignoring_case(args[1], each.name)) continue;
    if (args.size() < each.fewest_args || args.size() > each.most_args) break;
    if (each.way == Way::kOnly && call.session.pool().shards().size() > 1) break;
    return ask(call, each.way);
  }
  call.error("ERR 'debug|" + wire::excerpt(args[1]) +
             "' with these arguments is not supported by this proxy. Try DEBUG HELP.");
}

constexpr LocalBinding kBindings[] = {{"debug", &debug}};

}  // namespace

std::span<const LocalBinding> debug_bindings() { return kBindings; }

}  // namespace slotway::proxy
