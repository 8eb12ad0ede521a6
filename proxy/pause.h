// Pause: what CLIENT PAUSE holds back of one worker's clients of one pool.
//
// The rules are Redis's: a second pause makes the first longer or stricter, never less; a pause of
// writes holds what may reach replicas. One worker thread.
#pragma once

#include <cstdint>
#include <set>

#include "proxy/scripts/readonly_scripts.h"
#include "wire/command_table.h"

namespace slotway::proxy {

class Transaction;

class Pause {
 public:
  // By strictness.
  enum class Kind : uint8_t { kNone, kWrites, kAll };

  // `scripts` must outlive this.
  explicit Pause(Scripts& scripts) : readonly_scripts_(scripts) {}

  // Until then, of the loop's clock (monotonic, milliseconds); 0: for no time.
  void extend(Kind kind, uint64_t until_ms, uint64_t now_ms);
  // Those that were held are to be resumed.
  void end();

  bool is_active() const { return kind_ != Kind::kNone; }
  bool is_over(uint64_t now_ms) const { return is_active() && until_ms_ < now_ms; }
  // Whether the command has to wait; `transaction` is the one of its session, or null.
  bool concerns(const wire::Command& command, wire::Args args,
                const Transaction* transaction) const;

  // What is known not to write.
  ReadonlyScripts& readonly_scripts() { return readonly_scripts_; }

  // The sessions whose next command waits, by id.
  void hold(uint64_t session) { held_.insert(session); }
  void let_go(uint64_t session) { held_.erase(session); }
  bool holds(uint64_t session) const { return held_.contains(session); }

 private:
  bool may_replicate(const wire::Command& command, wire::Args args) const;

  Kind kind_ = Kind::kNone;
  uint64_t until_ms_ = 0;
  ReadonlyScripts readonly_scripts_;
  std::set<uint64_t> held_;
};

}  // namespace slotway::proxy
