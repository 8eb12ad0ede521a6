// Config: what the YAML file says, as plain values that have been checked.
//
// Made by load.h and owned by whoever called it; nothing in here points outside, so a copy may go
// to any thread. Two equal values behave alike, wherever in the file their parts stand, which is
// how a reload finds what has changed. Invariants of every Config that load.h returns:
//   1. There is at least one pool; every pool has at least one address to listen on and one shard.
//   2. No address to listen on occurs twice, the admin server's included.
//   3. Names of pools, and of the shards of one pool, are unique, of 1 to 32 letters,
//      digits, '_', '-' and '.'.
//   4. slot_owner and the shards' `slots` say the same. A slot is without owner only with
//      allow_gaps.
//   5. A pool that is protected and has no users listens on loopback and Unix sockets alone.
//   6. No server is twice in a pool, be it as primary or as replica. Where a pool reads from others
//      than primaries, or spreads reads of hot keys, at least one of its shards has a replica.
//   7. Names of a pool's users are unique; each has at least one password.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/position.h"
#include "wire/sha256.h"
#include "wire/slot.h"

namespace slotway::config {

// Where to listen, or what to connect to.
struct Address {
  enum class Kind : uint8_t { kTcp, kUnix, kEmbedded };

  Kind kind = Kind::kTcp;
  // TCP: a host name as it was written, or an IP address without brackets. Names are kept, since
  // they are resolved anew for each connection; an address to listen on is always an IP address.
  std::string host;
  uint16_t port = 0;  // TCP: 1 to 65535
  std::string path;   // Unix: absolute, at most 107 bytes

  // As it is written in the file: "redis-a:7001", "[::1]:6380", "unix:/run/x.sock", "embedded".
  std::string text() const;
  // Whether only this machine can reach it: 127.0.0.0/8, ::1, "localhost", Unix and embedded.
  bool is_loopback() const;

  bool operator==(const Address&) const = default;
};

// Knows its place, since only the start finds out whether it is free.
struct ListenAddress : Address {
  Position at;  // the address in the file; of one that is not written, the pool or the file

  bool operator==(const ListenAddress& other) const { return Address::operator==(other); }
};

// What the proxy gives to a shard.
struct Credentials {
  std::string user;  // empty if AUTH takes the password alone
  std::string password;

  bool empty() const { return password.empty(); }
  bool operator==(const Credentials&) const = default;
};

// Who may be a client of a pool.
struct User {
  std::string name;                     // "default": whom AUTH with a password alone means
  std::vector<wire::Sha256> passwords;  // any of them lets the client in
  bool readonly = false;

  bool operator==(const User&) const = default;
};

// Both ends belong to it.
struct SlotRange {
  uint16_t first = 0;
  uint16_t last = 0;

  bool operator==(const SlotRange&) const = default;
};

struct Shard {
  std::string name;
  Address primary;
  std::vector<Address> replicas;  // TCP or Unix; of an embedded shard none
  Credentials credentials;        // empty: the proxy does not authenticate
  std::vector<SlotRange> slots;   // ascending; neighbouring ranges are joined

  bool operator==(const Shard&) const = default;
};

struct Timeouts {
  std::chrono::milliseconds connect{1000};   // until a shard accepts a connection
  std::chrono::milliseconds request{2000};   // until a shard answers one request
  std::chrono::milliseconds stall{10000};    // a shard silent with requests waiting: reconnect
  std::chrono::milliseconds partial{30000};  // a client has sent half a command
  std::chrono::milliseconds stalled{60000};  // a client does not read its replies
  std::chrono::milliseconds idle{0};         // a client sends nothing; 0: for ever

  bool operator==(const Timeouts&) const = default;
};

struct Limits {
  uint32_t clients = 10000;
  uint64_t bulk_size = 512ull << 20;     // bytes of one argument
  uint64_t request_size = 1ull << 30;    // bytes of one whole command; at least bulk_size
  uint32_t pending_requests = 10000;     // of one client
  uint32_t pinned_connections = 128;     // of one worker to one shard, for single clients
  uint64_t output_buffer = 64ull << 20;  // bytes for one client; one reply may exceed it

  bool operator==(const Limits&) const = default;
};

// Where commands that only read are sent.
enum class ReadFrom : uint8_t { kPrimary, kPreferReplica, kNearest };
// As it is written in the file: "primary", "prefer_replica", "nearest".
std::string_view name_of(ReadFrom read_from);

// In slot_owner: no shard serves the slot.
inline constexpr uint16_t kNoShard = 0xffff;

// How keys that are asked for often are found, and answered from a cache.
struct HotKeys {
  // From when on a key is reported as hot.
  struct Report {
    double share = 0.001;  // of a worker's requests, above 0 to 1
    uint64_t rate = 500;   // requests a second

    bool operator==(const Report&) const = default;
  };
  struct Cache {
    enum class Mode : uint8_t {
      kTracked,  // the shards say what has changed
      kTtl,      // nobody does: what is cached is kept for max_ttl
      kOff,
    };
    Mode mode = Mode::kTracked;
    uint64_t memory = 64ull << 20;             // bytes of the process
    uint32_t entries = 4096;                   // keys
    uint64_t max_reply = 64ull << 10;          // bytes
    std::chrono::milliseconds max_ttl{10000};  // what is older is asked for again
    std::chrono::milliseconds staleness{100};  // how old a value may be, whatever fails

    bool operator==(const Cache&) const = default;
  };
  // Who answers reads of a hot key that is not cached.
  enum class Spread : uint8_t { kNone, kReplicas };
  // For the keys of a pattern; of several rules the first that matches.
  struct Rule {
    enum class Cache : uint8_t { kByHeat, kAlways, kNever };
    std::string match;  // as KEYS has it
    Cache cache = Cache::kByHeat;
    std::chrono::milliseconds max_ttl{0};  // 0: the cache's
    // Requests a second of each key that are let through; 0: all.
    uint64_t read_limit = 0;
    uint64_t write_limit = 0;
    std::optional<Spread> spread = std::nullopt;  // none: as for all keys

    bool operator==(const Rule&) const = default;
  };

  bool detect = true;  // false: none of it
  Report report;
  Cache cache;
  std::vector<Rule> rules;
  Spread spread = Spread::kNone;  // by replicas, too: only where read_from is primary
  bool redact_keys = false;       // metrics, webhook and admin server show hashes of keys
  std::string webhook;            // an http or https URL that is told what becomes hot; empty: none

  // Whether any key's reads may go to replicas.
  bool spreads() const {
    return detect &&
           (spread == Spread::kReplicas || std::ranges::any_of(rules, [](const Rule& rule) {
              return rule.spread == Spread::kReplicas;
            }));
  }
  bool has_limits() const {
    return std::ranges::any_of(
        rules, [](const Rule& rule) { return rule.read_limit > 0 || rule.write_limit > 0; });
  }

  bool operator==(const HotKeys&) const = default;
};

// What is noted of requests, beside counting them.
struct Observe {
  bool latency = true;  // false: nobody looks at a clock for it; without it no slow log
  // Requests that took so long or longer are kept; none: no request is. The file says it in
  // milliseconds, CONFIG SET more exactly.
  std::optional<std::chrono::microseconds> slow_threshold{std::chrono::milliseconds(10)};
  uint32_t slow_entries = 128;                     // of a pool
  std::optional<uint64_t> big_threshold{1 << 20};  // bytes of a request or a reply; none: the same
  uint32_t big_entries = 100;                      // of a pool
  uint64_t trace_one_in = 0;                       // one request in so many is logged; 0: none

  bool operator==(const Observe&) const = default;
};

struct Pool {
  std::string name;
  std::vector<ListenAddress> listen;  // TCP or Unix
  bool is_protected = true;
  std::vector<User> users;  // in the order of the file; none: nobody is asked for a password
  bool allow_gaps = false;
  ReadFrom read_from = ReadFrom::kPrimary;
  std::vector<Address> announce;  // of the proxies that CLUSTER shows; TCP; none: this one alone
  std::vector<Shard> shards;      // in the order of the file
  std::array<uint16_t, wire::kSlotCount> slot_owner{};  // index into shards, or kNoShard
  Timeouts timeouts;
  Limits limits;
  HotKeys hot_keys;

  bool operator==(const Pool&) const = default;
};

// The HTTP server for operators.
struct Admin {
  ListenAddress address;  // TCP
  std::string token;      // that its clients must give; empty: none, and the address is loopback

  bool operator==(const Admin&) const = default;
};

struct Log {
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // text, json
  bool audit = false;           // who comes, goes and changes what, whatever the level

  bool operator==(const Log&) const = default;
};

struct Config {
  std::optional<Admin> admin;  // nothing: none
  unsigned workers = 1;        // threads, 1 to 1024
  std::vector<Pool> pools;     // in the order of the file
  Log log;
  Observe observe;

  bool operator==(const Config&) const = default;
};

}  // namespace slotway::config
