// SUBSCRIBE and its kin, PUBLISH, PUBSUB. Who listens to what is in pubsub/subscribers.h.
//
// A subscription is answered when the shards have it, and counts from then on; its end likewise.
// Until then nothing else of the session is looked at.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "proxy/fanout/broadcast.h"
#include "proxy/fanout/merge.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/local/local_commands.h"
#include "proxy/pubsub/subscribers.h"
#include "proxy/pubsub/subscription.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"
#include "wire/glob.h"
#include "wire/slot.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

using Touched = std::vector<Subscription*>;

// Names that are listened to for a session that waits for the shards.
class Claims {
 public:
  Claims(Subscribers& subscribers, ChannelKind kind, wire::Args names)
      : subscribers_(subscribers), kind_(kind), names_(names.begin(), names.end()) {
    for (const std::string& name : names_) subscribers_.claim(kind_, name, touched);
  }
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;
  ~Claims() {
    for (const std::string& name : names_) subscribers_.unclaim(kind_, name);
  }

  const std::vector<std::string>& names() const { return names_; }
  Touched touched;

 private:
  Subscribers& subscribers_;
  const ChannelKind kind_;
  const std::vector<std::string> names_;
};

// Replies that are sent whatever CLIENT REPLY says, as messages are.
Request* expect_push(const LocalCall& call) {
  Request* const request = call.session.expect_reply(&call.command);
  if (call.session.reply_mode != Session::ReplyMode::kKept) request->silent = false;
  return request;
}

// Answers when the shards have carried out what they were told, those that can be reached; with
// `tolerant` also when one of them does not answer.
void answer_when_done(const LocalCall& call, Touched touched, bool tolerant, FanOut::Merge merge) {
  Session& session = call.session;
  std::ranges::sort(touched);
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  std::erase_if(touched, [](Subscription* each) { return !each->upstream().available(); });
  Request* const request = expect_push(call);
  // A part that needs nobody's answer stands for none.
  auto* const fan_out =
      new FanOut(session.worker(), *request, std::max<size_t>(touched.size(), 1), std::move(merge));
  fan_out->tolerant = tolerant;
  if (touched.empty()) return fan_out->part_done(0, ReplyView("+OK\r\n"));
  session.settle_first();
  for (size_t i = 0; i < touched.size(); ++i) {
    Upstream& upstream = touched[i]->upstream();
    encode_request(upstream.output(), {upstream.sign_of_life()});
    push_part(*fan_out, i, upstream, call.command);
  }
}

void write_change(wire::ReplyWriter& writer, std::string_view word, const std::string* name,
                  size_t count) {
  writer.push(3);
  writer.bulk(word);
  name ? writer.bulk(*name) : writer.null();
  writer.integer(static_cast<int64_t>(count));
}

// The error line if no shard that the name needs can be reached, or nothing.
std::string why_deaf(Subscribers& subscribers, ChannelKind kind, std::string_view name) {
  if (is_own_channel(kind, name)) return {};
  std::string error = "CLUSTERDOWN Hash slot not served";
  for (ShardConnections* shard : subscribers.shards_of(kind, name)) {
    const Upstream& upstream = shard->subscription(subscribers).upstream();
    if (upstream.available()) return {};
    const Error reason = upstream.unavailable();
    error = reason.code + " " + reason.message;
  }
  return error;
}

// The error line if every shard that the name needs has refused to listen to it, or nothing.
std::string why_refused(Subscribers& subscribers, ChannelKind kind, std::string_view name) {
  std::string error;
  for (ShardConnections* shard : subscribers.shards_of(kind, name)) {
    const std::string_view refusal = shard->subscription(subscribers).refusal(kind, name);
    if (refusal.empty()) return {};
    const size_t space = std::min(refusal.find(' '), refusal.size());
    error = std::string(refusal.substr(0, space)) + " " + shard->shard().label() + ":" +
            std::string(refusal.substr(space));
  }
  return error;
}

// Whether one of the shards takes no more for now.
bool is_congested(Subscribers& subscribers, ChannelKind kind, std::string_view name) {
  return std::ranges::any_of(subscribers.shards_of(kind, name), [&](ShardConnections* shard) {
    const Upstream& upstream = shard->subscription(subscribers).upstream();
    return upstream.available() && upstream.congested();
  });
}

template <ChannelKind kKind>
void subscribe(const LocalCall& call) {
  Session& session = call.session;
  Subscribers& subscribers = session.pool().subscribers();
  const wire::Args names = call.args.subspan(1);
  if (session.pending() > 0) {
    call.routed = Routed::kWait;
    return;
  }
  for (const std::string_view name : names) {
    if (subscribers.is_moving(kKind, name)) {
      call.routed = Routed::kHold;
      return;
    }
    const std::string error = why_deaf(subscribers, kKind, name);
    if (!error.empty()) return call.error(error);
    if (is_congested(subscribers, kKind, name)) {
      call.routed = Routed::kHold;
      return;
    }
  }
  const auto claims = std::make_shared<Claims>(subscribers, kKind, names);
  answer_when_done(call, claims->touched, false,
                   [&subscribers, claims](FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
                     Session& asking = *fan_out.parent()->session;
                     wire::ReplyWriter writer(out, fan_out.protocol());
                     for (const std::string& name : claims->names()) {
                       const std::string error = why_refused(subscribers, kKind, name);
                       if (error.empty()) continue;
                       writer.error(error);
                       return true;
                     }
                     for (const std::string& name : claims->names()) {
                       subscribers.join(kKind, name, asking);
                       write_change(writer, words_of(kKind).subscribe, &name,
                                    asking.subscriber()->shown_count(kKind));
                     }
                     return true;
                   });
}

template <ChannelKind kKind>
void unsubscribe(const LocalCall& call) {
  Session& session = call.session;
  if (session.pending() > 0) {
    call.routed = Routed::kWait;
    return;
  }
  std::vector<std::string> names(call.args.begin() + 1, call.args.end());
  wire::Subscriptions* const subscriber = session.subscriber();
  if (names.empty() && subscriber) {
    names.assign(subscriber->names(kKind).begin(), subscriber->names(kKind).end());
  }
  Touched touched;
  std::vector<size_t> counts;
  for (const std::string& name : names) {
    session.pool().subscribers().leave(kKind, name, session, touched);
    counts.push_back(subscriber ? subscriber->shown_count(kKind) : 0);
  }
  const size_t left = subscriber ? subscriber->shown_count(kKind) : 0;
  session.drop_empty_subscriber();
  answer_when_done(call, std::move(touched), true,
                   [names = std::move(names), counts = std::move(counts), left](
                       FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
                     wire::ReplyWriter writer(out, fan_out.protocol());
                     const std::string_view word = words_of(kKind).unsubscribe;
                     for (size_t i = 0; i < names.size(); ++i) {
                       write_change(writer, word, &names[i], counts[i]);
                     }
                     if (names.empty()) write_change(writer, word, nullptr, left);
                     return true;
                   });
}

// ---- PUBLISH

template <ChannelKind kKind>
void publish(const LocalCall& call) {
  if (is_own_channel(kKind, call.args[1])) {
    return call.error("ERR only the proxy publishes on '" + std::string(kHotKeysChannel) + "'");
  }
  if (!call.may_ask_shards()) return;
  Session& session = call.session;
  SubscriberCounts& counts = session.pool().subscribers().counts();
  const std::string_view channel = call.args[1];
  const Destination destination = find_destination(session, wire::slot_of_key(channel));
  if (!counts.any() && destination.ready()) {
    encode_request(destination.upstream->output(), call.args);
    return destination.upstream->push(session.expect_reply(&call.command));
  }
  call.routed = to_one_shard(
      session, call.command, call.args, destination,
      [&counts, name = std::string(channel)](FanOut& fan_out, wire::OutputBuffer& out,
                                             std::string& error) {
        Part& part = fan_out.parts().front();
        const auto seen =
            ReplyCursor(part.reply.contiguous(fan_out.worker().loop().pool())).integer();
        if (!seen) {
          error = part.source->label() + " sent a reply that does not fit the command";
          return false;
        }
        const int64_t missing = counts.missing_receivers(kKind, name);
        wire::ReplyWriter(out).integer(std::max<int64_t>(0, *seen + missing));
        return true;
      });
}

// ---- PUBSUB

// The names of all shards, each once, and those of the proxy.
bool merge_names(FanOut& fan_out, wire::OutputBuffer& out, std::set<std::string_view> names) {
  for (Part& part : fan_out.parts()) {
    ReplyCursor cursor(part.reply.contiguous(fan_out.worker().loop().pool()));
    cursor.enter_array();
    while (const auto name = cursor.string()) names.insert(*name);
  }
  wire::ReplyWriter writer(out);
  writer.array(names.size());
  for (const std::string_view name : names) writer.bulk(name);
  return true;
}

template <ChannelKind kKind>
void channels(const LocalCall& call) {
  if (call.args.size() > 3) {
    return call.error("ERR unknown subcommand or wrong number of arguments for '" +
                      wire::excerpt(call.args[1]) + "'. Try PUBSUB HELP.");
  }
  if (!call.may_ask_shards()) return;
  std::set<std::string_view> own;
  if (kKind == ChannelKind::kChannel &&
      call.session.pool().subscribers().counts().missing(kKind, kHotKeysChannel) > 0 &&
      (call.args.size() < 3 || wire::glob_match(call.args[2], kHotKeysChannel))) {
    own.insert(kHotKeysChannel);
  }
  call.routed = to_all_shards(call.session, call.command, call.args,
                              [own](FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
                                return merge_names(fan_out, out, own);
                              });
}

// Every shard knows all patterns.
void number_of_patterns(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  call.routed = to_all_shards(call.session, call.command, call.args, largest_merge());
}

// How many have subscribed to each name: the most that a shard knows of, which is the name's own.
template <ChannelKind kKind>
void number_of_subscribers(const LocalCall& call) {
  if (!call.may_ask_shards()) return;
  SubscriberCounts& counts = call.session.pool().subscribers().counts();
  std::vector<std::string> names(call.args.begin() + 2, call.args.end());
  call.routed = to_all_shards(
      call.session, call.command, call.args,
      [&counts, names = std::move(names)](FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
        std::vector<int64_t> seen(names.size());
        for (Part& part : fan_out.parts()) {
          ReplyCursor cursor(part.reply.contiguous(fan_out.worker().loop().pool()));
          cursor.enter_array();
          for (int64_t& most : seen) {
            cursor.string();
            most = std::max(most, cursor.integer().value_or(0));
          }
        }
        wire::ReplyWriter writer(out);
        writer.array(2 * names.size());
        for (size_t i = 0; i < names.size(); ++i) {
          writer.bulk(names[i]);
          writer.integer(std::max<int64_t>(0, seen[i] + counts.missing(kKind, names[i])));
        }
        return true;
      });
}

constexpr LocalBinding kBindings[] = {
    {"subscribe", &subscribe<ChannelKind::kChannel>},
    {"psubscribe", &subscribe<ChannelKind::kPattern>},
    {"ssubscribe", &subscribe<ChannelKind::kShardChannel>},
    {"unsubscribe", &unsubscribe<ChannelKind::kChannel>},
    {"punsubscribe", &unsubscribe<ChannelKind::kPattern>},
    {"sunsubscribe", &unsubscribe<ChannelKind::kShardChannel>},
    {"publish", &publish<ChannelKind::kChannel>},
    {"spublish", &publish<ChannelKind::kShardChannel>},
    {"pubsub|channels", &channels<ChannelKind::kChannel>},
    {"pubsub|shardchannels", &channels<ChannelKind::kShardChannel>},
    {"pubsub|numsub", &number_of_subscribers<ChannelKind::kChannel>},
    {"pubsub|shardnumsub", &number_of_subscribers<ChannelKind::kShardChannel>},
    {"pubsub|numpat", &number_of_patterns},
    {"pubsub|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> pubsub_bindings() { return kBindings; }

}  // namespace slotway::proxy
