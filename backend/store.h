// Store: what the commands of one server work on, in one place: the engine, the settings, the
// clients and the counters. Owned by the Server; its thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backend/batch.h"
#include "backend/clients.h"
#include "backend/command_watch.h"
#include "backend/engine/engine.h"
#include "backend/key_events.h"
#include "backend/latency_events.h"
#include "backend/memory_limit.h"
#include "backend/settings.h"
#include "backend/slow_log.h"
#include "backend/statistics.h"
#include "wire/loop.h"

namespace slotway::backend {

struct Store {
  Store(Settings initial, wire::Loop& its_loop, const Clock& clock)
      : settings(std::move(initial)),
        loop(its_loop),
        engine(settings.databases, clock),
        clients(*this),
        events(*this),
        watch(*this),
        discarded(its_loop.pool()),
        started_us(clock.steady_us()) {}

  Settings settings;
  wire::Loop& loop;
  Engine engine;
  Statistics statistics;
  Clients clients;
  KeyEvents events;
  SlowLog slow_log;
  LatencyEvents latency_events;
  CommandWatch watch;
  MemoryLimit memory{*this};
  Batch batch;                     // of the client that is being served
  wire::OutputBuffer discarded;    // replies that a client does not want to see
  const int64_t started_us;        // of the steady clock
  std::string run_id;              // 40 hexadecimal digits
  std::function<void()> shutdown;  // empty: SHUTDOWN is refused
};

}  // namespace slotway::backend
