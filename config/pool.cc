#include "config/pool.h"

#include <algorithm>

#include "config/address.h"
#include "config/credentials.h"
#include "config/hot_keys.h"
#include "config/scalar.h"
#include "config/shards.h"
#include "config/users.h"

namespace slotway::config {

namespace {

constexpr std::string_view kDefaultListen = "127.0.0.1:6380";
constexpr uint64_t kLeastSize = 1 << 10;  // finds the forgotten "MiB" in "bulk_size: 512"
constexpr uint64_t kMostSize = 64ull << 30;
constexpr uint64_t kMostBulkSize = 4ull << 30;
constexpr uint64_t kMostClients = 1'000'000;
constexpr uint64_t kMostPinnedConnections = 100'000;
constexpr size_t kMostAnnounced = 1000;
constexpr uint64_t kMostPendingRequests = 10'000'000;
constexpr std::chrono::milliseconds kNever{0};
constexpr std::chrono::milliseconds kShortest{1};

void read_listen(Reading& reading, const Field& pool_field, const Section& section, Pool& pool) {
  const std::string user = "pool " + pool.name;
  const auto listen = section.find("listen");
  if (!listen) {
    pool.listen.push_back(
        take_address(reading, pool_field, *parse_listen_address(kDefaultListen), user));
    return;
  }
  for (const Field& item : one_or_more(reading.fault, *listen)) {
    Address address;
    if (!read_scalar(reading.fault, item, parse_listen_address, address)) continue;
    pool.listen.push_back(take_address(reading, item, address, user));
    if (pool.is_protected && pool.users.empty() && !address.is_loopback()) {
      note_unexpected(reading.fault, item,
                      "expected a loopback address, 'auth', 'users', or 'protected: false', since "
                      "others than this machine can connect");
    }
  }
}

void read_timeouts(Reading& reading, const Field& field, Timeouts& timeouts) {
  const Section section(reading.fault, field,
                        {"connect", "request", "stall", "partial", "stalled", "idle"});
  section.read("connect", Duration{kShortest}, timeouts.connect);
  section.read("request", Duration{kShortest}, timeouts.request);
  section.read("stall", Duration{kShortest}, timeouts.stall);
  section.read("partial", Duration{kShortest}, timeouts.partial);
  section.read("stalled", Duration{kShortest}, timeouts.stalled);
  section.read("idle", Duration{kNever}, timeouts.idle);
}

void read_limits(Reading& reading, const Field& field, Limits& limits) {
  const Section section(reading.fault, field,
                        {"clients", "bulk_size", "request_size", "pending_requests",
                         "output_buffer", "pinned_connections"});
  section.read("clients", Count{1, kMostClients}, limits.clients);
  section.read("bulk_size", Size{kLeastSize, kMostBulkSize}, limits.bulk_size);
  section.read("request_size", Size{kLeastSize, kMostSize}, limits.request_size);
  section.read("pending_requests", Count{1, kMostPendingRequests}, limits.pending_requests);
  section.read("output_buffer", Size{kLeastSize, kMostSize}, limits.output_buffer);
  section.read("pinned_connections", Count{1, kMostPinnedConnections}, limits.pinned_connections);
  if (limits.request_size >= limits.bulk_size) return;
  // One of the two is there, for the defaults fit each other.
  if (const auto size = section.find("request_size")) {
    note_unexpected(reading.fault, *size, "expected at least the bulk_size");
  } else if (const auto bulk = section.find("bulk_size")) {
    note_unexpected(reading.fault, *bulk, "expected at most the request_size, 1GiB by default");
  }
}

// Behind the shards.
void read_read_from(Reading& reading, const Field& field, Pool& pool) {
  if (!read_scalar(reading.fault, field, parse_read_from, pool.read_from)) return;
  const bool has_replica = std::any_of(pool.shards.begin(), pool.shards.end(),
                                       [](const Shard& shard) { return !shard.replicas.empty(); });
  if (pool.read_from != ReadFrom::kPrimary && !has_replica) {
    note_unexpected(reading.fault, field, "expected primary, for no shard has replicas");
  }
}

void read_announce(Reading& reading, const Field& field, Pool& pool) {
  for (const Field& item : one_or_more(reading.fault, field)) {
    Address address;
    if (!read_scalar(reading.fault, item, parse_announced_address, address)) continue;
    if (std::ranges::find(pool.announce, address) != pool.announce.end()) {
      note_unexpected(reading.fault, item, "expected each proxy once");
    } else if (pool.announce.size() == kMostAnnounced) {
      note_unexpected(reading.fault, item,
                      "expected at most " + std::to_string(kMostAnnounced) + " proxies");
    } else {
      pool.announce.push_back(std::move(address));
    }
  }
}

}  // namespace

ListenAddress take_address(Reading& reading, const Field& field, Address address,
                           const std::string& user) {
  const Position at = field.value->kind == Node::Kind::kScalar ? field.value->at : field.at;
  const auto [other, is_new] = reading.listening.try_emplace(address.text(), user);
  if (!is_new) {
    reading.fault.note(at, printable(field.key) + ": expected an address of its own, " +
                               printable(address.text()) + " is taken by " + other->second);
  }
  return {std::move(address), at};
}

Pool read_pool(Reading& reading, const Field& field) {
  Pool pool;
  pool.name = field.key;
  const Section section(reading.fault, field,
                        {"listen", "protected", "auth", "users", "allow_gaps", "shards",
                         "read_from", "announce", "upstream", "timeouts", "limits", "hot_keys"});
  section.read("protected", parse_flag, pool.is_protected);
  section.read("allow_gaps", parse_flag, pool.allow_gaps);
  pool.users = read_users(reading, section);
  read_listen(reading, field, section, pool);
  Credentials upstream;
  if (const auto found = section.find("upstream")) {
    upstream = read_credentials(reading, *found, {}, parse_text);
  }
  if (const auto shards = section.require("shards", "a mapping of names to shards")) {
    read_shards(reading, *shards, upstream, pool);
  }
  if (const auto read_from = section.find("read_from")) {
    read_read_from(reading, *read_from, pool);
  }
  if (const auto announce = section.find("announce")) read_announce(reading, *announce, pool);
  if (const auto timeouts = section.find("timeouts")) {
    read_timeouts(reading, *timeouts, pool.timeouts);
  }
  if (const auto limits = section.find("limits")) read_limits(reading, *limits, pool.limits);
  if (const auto hot_keys = section.find("hot_keys")) {
    read_hot_keys(reading, *hot_keys, pool);
  }
  return pool;
}

}  // namespace slotway::config
