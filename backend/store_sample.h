// StoreSample: what a server has counted by one moment, as threads other than its own may see it.
//
// A plain value, taken on the server's thread in some microseconds and not changed afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "backend/engine/entry.h"
#include "wire/command_table.h"

namespace slotway::backend {

struct Store;

struct StoreSample {
  struct Keys {
    uint32_t database;
    uint64_t all;
    uint64_t expiring;
  };
  struct Commands {
    wire::CommandId id;
    uint64_t calls;
    uint64_t nanoseconds;
  };

  int64_t taken_us = 0;  // of the steady clock

  std::vector<Keys> keys;  // of database 0 and of others that are not empty
  std::array<uint64_t, kTypeCount> keys_by_type{};
  uint64_t used_bytes = 0;
  uint64_t limit_bytes = 0;  // 0: none
  uint64_t evicts = 0;       // at the limit: 1, or 0: what needs memory is refused
  uint64_t clients = 0;
  uint64_t blocked_clients = 0;

  // Since the start, or since CONFIG RESETSTAT.
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t accepted_clients = 0;
  uint64_t rejected_clients = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  uint64_t defragmented_keys = 0;
  std::vector<Commands> commands;                        // those that have been called
  std::vector<std::pair<std::string, uint64_t>> errors;  // by code
};

// On the server's thread.
StoreSample take_sample(const Store& store);

}  // namespace slotway::backend
