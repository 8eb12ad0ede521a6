// Driver: leads all clients through a run: open, fill the keys, measure, close.
//
// Each stage begins when nothing of the one before is under way, so that what is measured is the
// same number of requests in flight on connections that are all open. A client that fails is not
// replaced. Made once for a run; one thread, which run() holds until the end.
#pragma once

#include <sys/socket.h>
#include <uv.h>

#include <memory>
#include <string_view>
#include <vector>

#include "tests/bench/load/client.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/report.h"
#include "wire/loop.h"

namespace slotway::load {

class Driver {
 public:
  explicit Driver(const Options& options);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void run();
  Report& report() { return report_; }

  // What the clients tell and ask.
  void greeted();
  // The next command of this stage; false if there is none.
  bool take(Command& command, uint64_t now_ns);
  void answered(bool missing, uint64_t latency_ns);
  // Behind all that one read brought.
  void progressed(uint64_t now_ns);
  // With `unanswered` requests; `greeted` tells whether greeted() was called.
  void closed(bool greeted, size_t unanswered);

 private:
  enum class Stage : uint8_t { kOpening, kFilling, kMeasuring, kClosing, kDone };

  bool resolve();
  void open_more();
  void open_next();
  void end_stage_if_done(uint64_t now_ns);
  void enter(Stage stage, uint64_t now_ns);
  void ask(Workload workload, uint64_t limit);
  void check_patience();

  const Options options_;
  wire::Loop loop_;
  uv_timer_t timer_;
  KeyValues key_values_;
  Report report_;
  std::vector<std::unique_ptr<Client>> clients_;
  sockaddr_storage address_{};  // TCP

  Stage stage_ = Stage::kOpening;
  // What this stage waits for: clients to be greeted, replies, clients to be closed.
  size_t waiting_ = 0;
  size_t opened_ = 0;  // clients that were begun with; the rest follow
  size_t opening_ = 0;
  Workload workload_;
  uint64_t next_ = 0;  // command
  uint64_t limit_ = 0;
  uint64_t stage_began_ns_ = 0;
  uint64_t last_progress_ns_ = 0;
};

}  // namespace slotway::load
