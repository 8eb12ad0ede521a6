// CommandWatch: how long each command takes: for INFO's commandstats and latencystats, LATENCY and
// the slow log.
//
// Commands are carried out one behind the other, so that one look at the clock for each is enough:
// the end of one is the begin of the next. A command that runs others (EXEC) counts without them.
// Owned by the store; its thread only.
#pragma once

#include <cstdint>

#include "backend/statistics.h"
#include "backend/tick_clock.h"
#include "wire/command_table.h"

namespace slotway::backend {

class Client;
struct Store;

class CommandWatch {
 public:
  explicit CommandWatch(Store& store);

  // Something else than a command has ended.
  void begin() { begin_ = TickClock::now(); }
  // `command` has been carried out for `client`.
  void finish(const Client& client, const wire::Command& command, wire::Args args);
  // The same for a command that has waited for a key: only the time since begin() counts, and it is
  // no other call.
  void finish_wait(const Client& client, const wire::Command& command, wire::Args args);
  // To be called when settings have changed.
  void settings_changed();

 private:
  // Since begin() or the last call.
  uint64_t elapsed_ns();
  // What there is to know about a command that has been answered.
  void record(const Client& client, const wire::Command& command, wire::Args args, uint64_t ns,
              bool has_waited);
  // For what may be worth being noted; it takes longer than most commands.
  void note(const Client& client, const wire::Command& command, wire::Args args, uint64_t ns,
            bool has_waited);

  Store& store_;
  TickClock clock_;
  uint64_t begin_ = 0;
  uint64_t note_from_ns_ = 0;
};

}  // namespace slotway::backend
