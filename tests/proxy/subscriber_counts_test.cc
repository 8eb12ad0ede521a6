#include "proxy/pubsub/subscriber_counts.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

constexpr auto kChannel = ChannelKind::kChannel;
constexpr auto kPattern = ChannelKind::kPattern;
constexpr auto kShardChannel = ChannelKind::kShardChannel;

}  // namespace

TEST_CASE("what a shard counts is made up for by the clients behind its connections") {
  SubscriberCounts counts;
  CHECK(!counts.any());
  CHECK(counts.missing(kChannel, "a") == 0);
  counts.add_connection(kChannel, "a");
  CHECK(counts.any());
  for (int i = 0; i < 3; ++i) counts.add_client(kChannel, "a");
  CHECK(counts.missing(kChannel, "a") == 2);
  CHECK(counts.missing(kShardChannel, "a") == 0);
  CHECK(counts.missing(kChannel, "b") == 0);
  for (int i = 0; i < 3; ++i) counts.remove_client(kChannel, "a");
  // The shard has not been told yet.
  CHECK(counts.missing(kChannel, "a") == -1);
  counts.remove_connection(kChannel, "a");
  CHECK(counts.missing(kChannel, "a") == 0);
  CHECK(!counts.any());
}

TEST_CASE("the receivers of a message are those of its channel and of the patterns that match") {
  SubscriberCounts counts;
  const auto add = [&](ChannelKind kind, const char* name, int clients) {
    counts.add_connection(kind, name);
    for (int i = 0; i < clients; ++i) counts.add_client(kind, name);
  };
  add(kChannel, "news", 3);
  add(kPattern, "n*", 5);
  add(kPattern, "x*", 7);
  add(kShardChannel, "news", 9);
  CHECK(counts.missing_receivers(kChannel, "news") == 2 + 4);
  CHECK(counts.missing_receivers(kChannel, "none") == 4);
  CHECK(counts.missing_receivers(kChannel, "other") == 0);
  CHECK(counts.missing_receivers(kShardChannel, "news") == 8);
}

}  // namespace slotway::proxy
