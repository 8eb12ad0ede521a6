// Channels: SUBSCRIBE, UNSUBSCRIBE and PUBLISH in their forms, PUBSUB.

#include <string>
#include <vector>

#include "backend/commands/bindings.h"
#include "wire/command_error.h"
#include "wire/command_reply.h"
#include "wire/glob.h"

namespace slotway::backend {

namespace {

using Kind = PubSub::Kind;

// ---- subscribing
// Each name is confirmed by a message of its own, which CLIENT REPLY does not hold back.

wire::ReplyWriter confirmations(Call& call) {
  const bool is_seen = call.client.reply_mode == Client::ReplyMode::kOn;
  return wire::ReplyWriter(is_seen ? call.reply.out() : call.client.connection().out(),
                           call.client.protocol);
}

void confirm(Call& call, wire::ReplyWriter& writer, Kind kind, std::string_view word,
             const std::string_view* name) {
  writer.push(3);
  writer.bulk(word);
  if (name) {
    writer.bulk(*name);
  } else {
    writer.null();
  }
  const wire::Subscriptions* const mine = call.client.subscriptions();
  writer.integer(mine ? static_cast<int64_t>(mine->shown_count(kind)) : 0);
}

template <Kind kKind>
void subscribe(Call& call) {
  // Within a transaction Redis allows the other two, for the sake of old clients.
  if (kKind == Kind::kShardChannel && !call.client.may_wait()) {
    return call.reply.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  }
  wire::ReplyWriter writer = confirmations(call);
  for (const std::string_view name : call.args.subspan(1)) {
    call.store.pub_sub.subscribe(call.client, kKind, name);
    confirm(call, writer, kKind, wire::words_of(kKind).subscribe, &name);
  }
  call.client.update_modes();
}

template <Kind kKind>
void unsubscribe(Call& call) {
  wire::ReplyWriter writer = confirmations(call);
  const std::string_view word = wire::words_of(kKind).unsubscribe;
  if (call.args.size() > 1) {
    for (const std::string_view name : call.args.subspan(1)) {
      call.store.pub_sub.unsubscribe(call.client, kKind, name);
      confirm(call, writer, kKind, word, &name);
    }
  } else if (!call.client.subscriptions() || call.client.subscriptions()->count(kKind) == 0) {
    confirm(call, writer, kKind, word, nullptr);
  } else {
    auto& names = call.client.edit_subscriptions().names(kKind);
    while (!names.empty()) {
      const std::string name = *names.begin();
      const std::string_view view = name;
      call.store.pub_sub.unsubscribe(call.client, kKind, view);
      confirm(call, writer, kKind, word, &view);
    }
  }
  call.client.update_modes();
}

// ---- publishing

template <Kind kKind>
void publish(Call& call) {
  const size_t receivers = call.store.pub_sub.publish(kKind, call.args[1], call.args[2]);
  call.reply.integer(static_cast<int64_t>(receivers));
}

// ---- PUBSUB

template <Kind kKind>
void channels(Call& call) {
  if (call.args.size() > 3) {
    return call.reply.error(wire::unknown_subcommand_error(*call.command.container, call.args));
  }
  std::vector<std::string_view> found;
  for (const auto& [name, clients] : call.store.pub_sub.names(kKind)) {
    if (call.args.size() == 2 || wire::glob_match(call.args[2], name)) found.push_back(name);
  }
  call.reply.array(found.size());
  for (const std::string_view name : found) call.reply.bulk(name);
}

template <Kind kKind>
void count_subscribers(Call& call) {
  call.reply.array((call.args.size() - 2) * 2);
  for (const std::string_view name : call.args.subspan(2)) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<int64_t>(call.store.pub_sub.subscriber_count(kKind, name)));
  }
}

void numpat(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.store.pub_sub.names(Kind::kPattern).size()));
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"subscribe", &subscribe<Kind::kChannel>},
    {"psubscribe", &subscribe<Kind::kPattern>},
    {"ssubscribe", &subscribe<Kind::kShardChannel>},
    {"unsubscribe", &unsubscribe<Kind::kChannel>},
    {"punsubscribe", &unsubscribe<Kind::kPattern>},
    {"sunsubscribe", &unsubscribe<Kind::kShardChannel>},
    {"publish", &publish<Kind::kChannel>},
    {"spublish", &publish<Kind::kShardChannel>},
    {"pubsub|channels", &channels<Kind::kChannel>},
    {"pubsub|shardchannels", &channels<Kind::kShardChannel>},
    {"pubsub|numsub", &count_subscribers<Kind::kChannel>},
    {"pubsub|shardnumsub", &count_subscribers<Kind::kShardChannel>},
    {"pubsub|numpat", &numpat},
    {"pubsub|help", &help},
};

}  // namespace

std::span<const Binding> pub_sub_bindings() { return kBindings; }

}  // namespace slotway::backend
