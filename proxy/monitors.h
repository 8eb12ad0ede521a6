// Monitors: MONITOR, for one worker's share of one pool.
//
// Each worker writes what its clients ask for into the inbox of every worker that has monitors
// among its own clients; that one passes it on. A worker shows up to 10,000 commands a second;
// above, every nth, by the rate of the second before. A monitor that does not keep up is
// closed at output_buffer.
//
// One worker thread, but for Inbox::put().
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "wire/command_table.h"

namespace slotway::proxy {

class Pool;
class Session;
class Worker;

// One command as Redis prints it, with CR LF. Passwords are left out.
std::string monitor_line(const Session& session, const wire::Command& command, wire::Args args);

// Which commands a monitor is shown where there are too many.
class MonitorSample {
 public:
  static constexpr uint64_t kMostPerSecond = 10'000;

  // Whether the next command is one of it: asked in front of each that might not be carried out
  // now, and so changes nothing but the second.
  bool takes_next(uint64_t now_ms);
  // It was carried out.
  void count_next();

 private:
  uint64_t second_ = 0;
  uint64_t seen_ = 0;  // in this second
  uint64_t taken_ = 0;
  uint64_t every_ = 1;
};

class Monitors {
 public:
  class Inbox {
   public:
    Inbox(Worker& worker, Pool& pool) : worker_(worker), pool_(pool) {}
    // [any thread]
    void put(std::string_view lines);

   private:
    void deliver();

    Worker& worker_;
    Pool& pool_;
    std::mutex mutex_;  // guards lines_
    std::string lines_;
  };

  Monitors(Worker& worker, Pool& pool) : worker_(worker), inbox_(worker, pool) {}

  // ---- those among this worker's clients
  // From now on a monitor, which sees nothing before is_ready().
  void add(uint64_t session, const std::string& pool);
  void is_ready(uint64_t session) { sessions_[session] = true; }
  void remove(uint64_t session, const std::string& pool);
  bool has(uint64_t session) const { return !sessions_.empty() && sessions_.contains(session); }
  Inbox& inbox() { return inbox_; }

  // ---- who sees what this worker's clients ask for
  void show_to(Inbox& inbox) { ++shown_to_[&inbox]; }
  void no_longer_show_to(Inbox& inbox);
  bool any() const { return !shown_to_.empty(); }
  MonitorSample& sample() { return sample_; }
  void show(std::string_view lines);

 private:
  Worker& worker_;
  Inbox inbox_;
  std::map<uint64_t, bool> sessions_;  // by id; whether it has been answered
  std::map<Inbox*, size_t> shown_to_;  // how many monitors it has
  MonitorSample sample_;
};

}  // namespace slotway::proxy
