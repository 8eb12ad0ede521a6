// Settings: what can be set on a storage server, with Redis's defaults.
//
// A plain value. The server's thread owns the copy that a running server uses; CONFIG SET changes
// it there. The names that clients know are in settings_rows/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/engine/eviction_policy.h"

namespace slotway::backend {

// When a client that does not read its replies is closed: at `hard` bytes, or at `soft` bytes for
// `soft_seconds`. 0 bytes: no such limit.
struct OutputLimit {
  uint64_t hard = 0;
  uint64_t soft = 0;
  uint64_t soft_seconds = 0;
};

struct Settings {
  // Where to listen. Fixed once the server runs.
  std::vector<std::string> bind = {"127.0.0.1"};  // numeric IPv4 and IPv6 addresses
  uint16_t port = 0;                              // 0: no TCP
  std::string unix_socket;                        // a path, "@name" for an abstract one; or empty
  std::string admin_address;  // of the HTTP server for operators, "host:port"; empty: none
  std::string admin_token;    // what it asks for; empty: nothing
  std::string file;           // where the settings were read from; empty: from no file

  uint32_t databases = 16;
  std::string password;                   // empty: clients need not authenticate
  uint32_t max_clients = 10000;           // from 1
  uint64_t idle_seconds = 0;              // a client that neither sends nor is sent; 0: for ever
  uint64_t keepalive_seconds = 300;       // of TCP; 0: none
  uint64_t max_bulk_size = 512ull << 20;  // bytes of one argument or string value, at least 1 MiB
  uint64_t max_query_size = 1ull << 30;   // bytes of one whole command, at least 1 MiB
  uint8_t log_level = 2;                  // debug, verbose, notice, warning
  uint32_t cycles_per_second = 10;        // of the expiry cycle, 1 to 500
  bool active_expiry = true;              // off only for tests (DEBUG SET-ACTIVE-EXPIRE)
  uint64_t partial_seconds = 30;          // a client has sent half a command; 0: for ever
  uint64_t stalled_seconds = 60;          // a client does not read its replies; 0: for ever
  uint64_t max_output = 64ull << 20;      // unread bytes that make a client wait, at least 1 MiB
  OutputLimit normal_output;
  OutputLimit replica_output{256ull << 20, 64ull << 20, 60};
  OutputLimit pubsub_output{32ull << 20, 8ull << 20, 60};

  uint32_t notifications = 0;  // of changed keys: see sessions/notification_classes.h
  uint64_t tracking_table_max_keys = 1000000;  // keys that CLIENT TRACKING remembers; 0: no limit

  // Memory.
  uint64_t max_memory = 0;  // bytes; 0: no limit
  EvictionPolicy eviction_policy = EvictionPolicy::kNoEviction;
  uint32_t eviction_samples = 5;
  uint32_t eviction_tenacity = 10;  // 0 to 100: how long evicting may keep clients waiting
  int64_t max_client_memory = 0;    // bytes of all clients; below 0: percent of max_memory
  uint32_t lfu_log_factor = 10;
  uint32_t lfu_decay_minutes = 1;
  bool lazy_deletion = false;  // DEL does what UNLINK does
  bool lazy_flush = false;     // FLUSHALL and FLUSHDB are ASYNC unless they say SYNC
  // Kept, but without effect: what is evicted, expires or is replaced is always given back later.
  bool lazy_eviction = false;
  bool lazy_expiry = false;
  bool lazy_replacement = false;

  // Defragmentation of memory.
  bool active_defrag = true;
  uint64_t defrag_ignore_bytes = 16ull << 20;  // so much more than what is used may be resident
  uint32_t defrag_threshold_lower = 10;        // percent more resident than used: it begins
  uint32_t defrag_threshold_upper = 100;       // does its utmost
  uint32_t defrag_cycle_min = 1;               // percent of the thread's time, at the lower one
  uint32_t defrag_cycle_max = 25;              // and at the upper one

  // Up to where values have the compact forms; see the types.
  uint64_t hash_listpack_entries = 512;
  uint64_t hash_listpack_value = 64;  // bytes
  uint64_t zset_listpack_entries = 128;
  uint64_t zset_listpack_value = 64;  // bytes
  uint64_t set_intset_entries = 512;
  int64_t list_listpack_size = -2;   // elements of a node; -1 to -5: 4, 8, 16, 32, 64 KiB
  uint64_t list_plain_bytes = 0;     // so long an element has a node of its own; 0: if it must
  uint32_t list_compress_depth = 0;  // kept, but without effect: nodes are never compressed
  uint64_t hll_sparse_bytes = 3000;
  uint64_t stream_node_bytes = 4096;   // 0: no limit
  uint64_t stream_node_entries = 100;  // 0: no limit

  // Observation.
  int64_t slowlog_us = 10000;  // the slow log has what takes as long; 0: everything; -1: nothing
  uint64_t slowlog_entries = 128;
  uint64_t latency_threshold_ms = 0;                         // events as long are recorded; 0: none
  bool latency_tracking = true;                              // a histogram for each command
  std::vector<double> latency_percentiles = {50, 99, 99.9};  // of INFO latencystats
  bool compress_dumps = true;                                // long strings in DUMP payloads
  uint8_t sanitize_dumps = 0;  // no, yes, clients: all are looked through, whatever this says
};

}  // namespace slotway::backend
