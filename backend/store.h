// Store: what the commands of one server work on, in one place: the engine, the settings, the
// clients and the counters. Owned by the Server; its thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backend/batch.h"
#include "backend/clients.h"
#include "backend/command_watch.h"
#include "backend/defragmentation.h"
#include "backend/engine/engine.h"
#include "backend/key_events.h"
#include "backend/latency_events.h"
#include "backend/memory_limit.h"
#include "backend/sessions/blocked_clients.h"
#include "backend/sessions/monitors.h"
#include "backend/sessions/pub_sub.h"
#include "backend/sessions/tracking_table.h"
#include "backend/sessions/watches.h"
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
        watches(*this),
        blocked(*this),
        tracking(*this),
        monitors(*this),
        discarded(its_loop.pool()),
        deferred_pushes(its_loop.pool()),
        started_us(clock.steady_us()) {
    events.read_settings();
  }

  // What there is to do beside the commands: looked at after each.
  enum Attention : uint32_t {
    kMonitors = 1u << 0,
    kReadyKeys = 1u << 1,
    kDeferredPushes = 1u << 2,
  };
  void set_attention(Attention what, bool on) {
    attention = on ? attention | what : attention & ~what;
  }

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
  Defragmentation defragmentation{*this};
  Watches watches;
  BlockedClients blocked;
  TrackingTable tracking;
  PubSub pub_sub;
  Monitors monitors;
  uint32_t attention = 0;
  Client* running = nullptr;           // the client whose command is being carried out
  Batch batch;                         // of the client that is being served
  wire::OutputBuffer discarded;        // replies that a client does not want to see
  wire::OutputBuffer deferred_pushes;  // to `running`, behind its reply
  const int64_t started_us;            // of the steady clock
  std::string run_id;                  // 40 hexadecimal digits
  std::function<void()> shutdown;      // empty: SHUTDOWN is refused
};

}  // namespace slotway::backend
