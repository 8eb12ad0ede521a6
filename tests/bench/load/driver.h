// Driver: leads all clients through a run: open, fill the keys, measure, close.
//
// Each stage begins when nothing of the one before is under way, so that what is measured is the
// same load on connections that are all open. A client that fails is not replaced.
//
// In a closed loop each reply has the next request asked. In an open loop request i is due at
// i / rate from the start, whatever the server does; it is dealt to the clients in turn, waits here
// while all have as many unanswered as they may, and its latency counts from when it was due
// (Tene, "How not to measure latency": otherwise a server that stands still is asked nothing, and
// the time goes uncounted). Made once for a run; one thread, which run() holds until the end.
#pragma once

#include <sys/socket.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/load/client.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/report.h"
#include "tests/bench/load/ticker.h"
#include "tests/bench/load/workload.h"
#include "wire/loop.h"

namespace slotway::load {

class Driver {
 public:
  // Lines of JSON go to `line`, one each options.every seconds, and one at the end.
  Driver(const Options& options, std::function<void(const std::string&)> line);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void run();
  Report& report() { return report_; }

  // What the clients tell and ask.
  void greeted(bool idle);
  // The next request of this stage; false if there is none, or it is not due yet.
  bool take(Client::Request& request, uint64_t now_ns);
  void answered(const Command& command, uint64_t latency_ns, bool missing);
  std::string describe(const Command& command);
  // Behind all that one read brought.
  void progressed(uint64_t now_ns);
  // With `unanswered` requests; `greeted` tells whether greeted() was called.
  void closed(bool greeted, bool idle, size_t unanswered);

 private:
  enum class Stage : uint8_t { kOpening, kFilling, kMeasuring, kClosing, kDone };

  bool resolve();
  void open_more();
  void open_next();
  bool open_loop() const { return stage_ == Stage::kMeasuring && options_.rate > 0; }
  uint64_t due_ns(uint64_t number) const;
  uint64_t unasked(uint64_t now_ns) const;
  void deal_out();
  void wake_for_next(uint64_t now_ns);
  bool stage_is_over() const;
  void end_stage_if_done(uint64_t now_ns);
  void enter(Stage stage, uint64_t now_ns);
  void ask(uint64_t limit);
  uint64_t requests_to_measure() const;
  void tell_interval(uint64_t now_ns);
  void check_patience();

  const Options options_;
  wire::Loop loop_;
  Ticker ticker_;
  uv_timer_t timer_;
  uv_timer_t interval_timer_;
  const std::function<void(const std::string&)> line_;
  Exchange::Common common_;
  const Workload workload_;
  Report report_;
  std::vector<std::unique_ptr<Client>> clients_;
  sockaddr_storage address_{};  // TCP

  Stage stage_ = Stage::kOpening;
  // What this stage waits for: clients to be greeted, replies, clients to be closed.
  size_t waiting_ = 0;
  size_t opened_ = 0;  // clients that were begun with; the rest follow
  size_t opening_ = 0;
  size_t able_ = 0;    // clients that are open and not idle
  size_t turn_ = 0;    // the client that the next request is dealt to
  uint64_t next_ = 0;  // request
  uint64_t limit_ = 0;
  uint64_t filled_from_ns_ = 0;
  uint64_t stage_began_ns_ = 0;
  uint64_t last_progress_ns_ = 0;
};

}  // namespace slotway::load
