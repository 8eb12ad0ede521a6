// Statistics: what a server counts for INFO, beside what the engine counts. The server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "metrics/histogram.h"
#include "wire/command_table.h"

namespace slotway::backend {

struct Statistics {
  struct PerCommand {
    uint64_t calls = 0;
    uint64_t nanoseconds = 0;
    uint64_t rejected = 0;                        // before it ran: arity, authentication
    uint64_t failed = 0;                          // ran and was answered with an error
    std::unique_ptr<metrics::Histogram> latency;  // null: not yet, or latency-tracking is off
  };

  uint64_t connections = 0;
  uint64_t connections_rejected = 0;
  uint64_t commands = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t errors = 0;
  std::map<std::string, uint64_t, std::less<>> errors_by_code;  // the server's own codes: few
  uint64_t protocol_errors = 0;
  uint64_t closed_partial = 0;  // half a command for too long
  uint64_t closed_stalled = 0;  // did not read its replies
  uint64_t closed_idle = 0;
  uint64_t closed_output = 0;    // client-output-buffer-limit
  uint64_t clients_evicted = 0;  // maxmemory-clients
  uint64_t closed_security = 0;  // HTTP, or too much output before authentication
  std::vector<PerCommand> per_command{wire::command_count()};  // by CommandId

  // Gauges of the last second.
  uint64_t commands_per_second = 0;
};

}  // namespace slotway::backend
