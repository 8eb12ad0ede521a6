// ObservedRequest: what is told of one request of a client, in the slow log, among the big keys and
// as a trace.
//
// A plain value. Its arguments are without secrets, and, where a pool redacts keys, without keys.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/stage.h"
#include "proxy/request_head.h"
#include "wire/command_table.h"

namespace slotway::proxy {

class Session;

struct ObservedRequest {
  int64_t id = 0;       // in the slow log
  int64_t unix_ms = 0;  // when it was answered
  const wire::Command* command = nullptr;
  std::vector<std::string> args;
  // The first key, or its hash where keys are redacted; empty if it has none.
  std::string key;
  bool key_is_cut = false;  // there is more of it
  uint64_t key_hash = 0;    // of the whole key
  bool is_redacted = false;
  std::string client;
  std::string client_name;
  std::string shard;  // that answered, of several the last; empty: the proxy itself
  uint64_t request_bytes = 0;
  uint64_t reply_bytes = 0;
  std::array<uint64_t, metrics::kStageCount> stages_ns{};

  uint64_t total_ns() const;
  uint64_t& stage_ns(metrics::Stage stage) { return stages_ns[static_cast<size_t>(stage)]; }
};

// All but times and sizes, of what is kept of it.
ObservedRequest observe_request(const Session& session, const wire::Command& command,
                                const RequestHead& head);

}  // namespace slotway::proxy
