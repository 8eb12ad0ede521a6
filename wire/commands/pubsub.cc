// Rows of the commands on channels and their subscribers.
#include "wire/commands/rows.h"

namespace slotway::wire {

namespace {

using enum Handling;

constexpr KeySpec kShardChannel[] = {key_at(1, kKeyNotKey)};
constexpr KeySpec kShardChannels[] = {keys_from(1, kKeyNotKey)};

// clang-format off
constexpr CommandSpec kPubsubSubcommands[] = {
    {.name = "channels", .arity = -2, .flags = kPubSubFlag | kLoading | kStale,
     .handling = kLocal, .group = Group::kPubSub,
     .since = "2.8.0", .complexity = "O(N), N active channels",
     .summary = "Lists the channels that have subscribers."},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .handling = kLocal,
     .group = Group::kPubSub,
     .since = "6.2.0", .complexity = "O(1)",
     .summary = "Lists the PUBSUB subcommands."},
    {.name = "numpat", .arity = 2, .flags = kPubSubFlag | kLoading | kStale, .handling = kLocal,
     .group = Group::kPubSub,
     .since = "2.8.0", .complexity = "O(1)",
     .summary = "Counts the patterns that clients subscribe to."},
    {.name = "numsub", .arity = -2, .flags = kPubSubFlag | kLoading | kStale, .handling = kLocal,
     .group = Group::kPubSub,
     .since = "2.8.0", .complexity = "O(N), N channels asked for",
     .summary = "Counts the subscribers of channels."},
    {.name = "shardchannels", .arity = -2, .flags = kPubSubFlag | kLoading | kStale,
     .handling = kLocal, .group = Group::kPubSub,
     .since = "7.0.0", .complexity = "O(N), N active shard channels",
     .summary = "Lists the shard channels that have subscribers."},
    {.name = "shardnumsub", .arity = -2, .flags = kPubSubFlag | kLoading | kStale,
     .handling = kLocal, .group = Group::kPubSub,
     .since = "7.0.0", .complexity = "O(N), N shard channels asked for",
     .summary = "Counts the subscribers of shard channels."},
};

constexpr CommandSpec kRows[] = {
    {.name = "psubscribe", .arity = -2, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "2.0.0", .complexity = "O(N), N patterns of this client",
     .summary = "Subscribes to the channels whose names match patterns."},
    {.name = "publish", .arity = 3,
     .flags = kPubSubFlag | kLoading | kStale | kFast | kMayReplicate, .handling = kLocal,
     .group = Group::kPubSub,
     .since = "2.0.0",
     .complexity = "O(N+M), N subscribers of the channel, M patterns of all clients",
     .summary = "Sends a message to a channel."},
    {.name = "pubsub", .arity = -2, .handling = kContainer, .group = Group::kPubSub,
     .since = "2.8.0", .complexity = "as the subcommand",
     .summary = "Groups the commands about channels and subscribers.",
     .subcommands = kPubsubSubcommands},
    {.name = "punsubscribe", .arity = -1, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "2.0.0", .complexity = "O(N+M), N patterns of this client, M of all clients",
     .summary = "Ends subscriptions to patterns."},
    {.name = "spublish", .arity = 3,
     .flags = kPubSubFlag | kLoading | kStale | kFast | kMayReplicate, .keys = kShardChannel,
     .handling = kLocal, .group = Group::kPubSub,
     .since = "7.0.0", .complexity = "O(N), N subscribers",
     .summary = "Sends a message to a shard channel."},
    {.name = "ssubscribe", .arity = -2, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .keys = kShardChannels, .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "7.0.0", .complexity = "O(N), N shard channels",
     .summary = "Subscribes to shard channels."},
    {.name = "subscribe", .arity = -2, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "2.0.0", .complexity = "O(N), N channels",
     .summary = "Subscribes to channels."},
    {.name = "sunsubscribe", .arity = -1, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .keys = kShardChannels, .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "7.0.0", .complexity = "O(N), N subscribers of the channel",
     .summary = "Ends subscriptions to shard channels."},
    {.name = "unsubscribe", .arity = -1, .flags = kPubSubFlag | kNoScript | kLoading | kStale,
     .handling = kLocal, .while_subscribed = true, .group = Group::kPubSub,
     .since = "2.0.0", .complexity = "O(N), N subscribers of the channel",
     .summary = "Ends subscriptions to channels."},
};
// clang-format on

}  // namespace

std::span<const CommandSpec> pubsub_rows() { return kRows; }

}  // namespace slotway::wire
