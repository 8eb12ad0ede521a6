// Worker: one thread with a loop of its own, the sessions that it serves and its upstream
// connections. Workers share nothing on the path of a request.
//
// Created, started and joined by the Proxy. start(), join() and the functions marked [any thread]
// may be called from outside; everything else belongs to the worker's own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "metrics/worker_metrics.h"
#include "proxy/drain.h"
#include "proxy/pool.h"
#include "proxy/reply_view.h"
#include "proxy/request.h"
#include "wire/key_extraction.h"
#include "wire/loop.h"
#include "wire/request_parser.h"

namespace slotway::proxy {

class Session;
class Server;

class Worker {
 public:
  // `server` and `metrics` must outlive the worker.
  Worker(Server& server, size_t number, metrics::WorkerMetrics& metrics,
         const std::vector<std::shared_ptr<const PoolSettings>>& pools);
  ~Worker();

  void start();
  void join();

  // [any thread] Takes over the connected socket of a client of pool `pool`.
  void add_client(int fd, size_t pool, uint64_t id);
  // [any thread] Clients that this worker has or has been given, of one pool and of all.
  size_t clients(size_t pool) const {
    return pools_[pool]->clients.load(std::memory_order_relaxed);
  }
  size_t clients() const;
  // [any thread] Replaces the settings of a pool; `done` is called on the worker's thread once
  // everything is settled that was in flight to shards whose slots move by this.
  void install(size_t pool, std::shared_ptr<const PoolSettings> settings,
               std::function<void()> done);
  // [any thread] The same for Pool::hand_over().
  void hand_over(size_t pool, std::function<void()> done);
  // [any thread] Ends the sessions as drain.h says, then the thread; cuts off what is left after
  // `deadline_ms`.
  void drain(uint64_t deadline_ms);
  // [any thread] Whether each shard of each pool is connected.
  bool all_shards_ready() const { return ready_.load(std::memory_order_relaxed); }

  Server& server() { return server_; }
  // Its place among the workers.
  size_t number() const { return number_; }
  wire::Loop& loop() { return loop_; }
  RequestPool& requests() { return requests_; }
  metrics::WorkerMetrics& metrics() { return metrics_; }
  // Whether it is looked how long requests take.
  bool measures() const { return measures_; }
  // How a client's command was answered, and how many nanoseconds that took; so many times.
  void count(const wire::Command& command, bool is_error, uint64_t took, uint64_t times = 1) {
    if (measures_) [[likely]] {
      metrics_.record(command.id, is_error, took, times);
    } else {
      metrics_.record_untimed(command.id, is_error, times);
    }
  }
  const std::map<uint64_t, std::unique_ptr<Session>>& sessions() const { return sessions_; }
  const std::vector<std::unique_ptr<Pool>>& pools() const { return pools_; }
  // Null if there is none.
  Pool* pool_named(std::string_view name) const;

  // The monotonic clock as it was when the input now being handled had been read.
  uint64_t now_ns() const { return now_ns_; }
  uint64_t read_clock() {
    now_ns_ = uv_hrtime();
    if (turn_ != loop_.turns()) {
      turn_ = loop_.turns();
      turn_ns_ = now_ns_;
    }
    return now_ns_;
  }
  // As it was when the first input of this turn of the loop had been read. All requests of a turn
  // begin then, for they were there: what they wait for the proxy is a part of their time, and what
  // is counted of them comes in long runs. (Of more than 1,024 that are ready libuv asks again in
  // the same turn: the later ones begin too early.)
  uint64_t turn_ns() const { return turn_ns_; }
  uint64_t random() { return random_(); }

  // Scratch memory of the path of a request, used again for each.
  wire::Request& parsed() { return parsed_; }
  std::vector<wire::KeyPosition>& key_positions() { return key_positions_; }
  // Empty between uses.
  wire::OutputBuffer& scratch() { return scratch_; }

  // The one way out of an upstream: gives the reply to the session or the fan-out that waits for
  // it, if there still is one.
  void deliver(Request* request, const ReplyView& reply);
  void deliver_error(Request* request, std::string_view line);  // "CODE text"
  // Whether a request that begins now is the one in so many that is traced; 0: none is.
  bool traces_next(uint64_t one_in) {
    if (one_in == 0 || ++since_trace_ < one_in) return false;
    since_trace_ = 0;
    return true;
  }
  // Where the reply comes from that is delivered next: as at first, of no shard. Gives what was
  // said before, for whoever delivers one while another is being delivered.
  ReplyOrigin set_reply_origin(ReplyOrigin origin) { return std::exchange(origin_, origin); }
  const ReplyOrigin& reply_origin() const { return origin_; }

  // Held sessions are resumed when a slot has found its owner or a shard has caught up.
  void hold(Session& session);
  void resume_held();

  // To be called when what the pool does with commands may have changed (Pool::inspects_commands).
  void update_guards(const Pool& pool);
  // Lets go what a pause of the pool holds.
  void end_pause(Pool& pool);

  // Calls it now and, until it gives true, at each tick.
  void try_until_done(std::function<bool()> attempt);

  // From a session's on_close(): destroys it.
  void remove(Session& session);

 private:
  void run();
  void tick();
  void note_late_turn();
  void check_sessions();
  void adopt(int fd, size_t pool, uint64_t id);
  void end();

  Server& server_;
  const size_t number_;
  metrics::WorkerMetrics& metrics_;
  const bool measures_;
  wire::Loop loop_;
  RequestPool requests_;
  wire::OutputBuffer scratch_;
  std::vector<std::unique_ptr<Pool>> pools_;
  std::map<uint64_t, std::unique_ptr<Session>> sessions_;  // by client id
  std::vector<uint64_t> held_;
  std::vector<std::pair<Pool*, std::function<void()>>> installs_;  // waiting for what is in flight
  std::vector<std::function<bool()>> attempts_;
  wire::Request parsed_;
  std::vector<wire::KeyPosition> key_positions_;
  std::minstd_rand random_;
  uv_timer_t timer_;
  uint64_t now_ns_ = 0;
  uint64_t turn_ns_ = 0;
  uint64_t turn_ = UINT64_MAX;  // whose beginning that is
  uint64_t since_trace_ = 0;    // requests since the last that is traced
  ReplyOrigin origin_;          // of the reply that is being delivered
  uint64_t last_tick_ns_ = 0;
  uint64_t last_check_ms_ = 0;
  std::optional<Drain> drain_;
  bool closing_pools_ = false;
  std::atomic<bool> ready_{false};
  std::atomic<bool> sessions_ended_{false};  // of a drain; set by the worker, read by the others
  std::thread thread_;
};

}  // namespace slotway::proxy
