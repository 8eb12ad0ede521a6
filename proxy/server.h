// Server: the running proxy as a whole. It owns the workers, the listeners, the embedded shards and
// the admin server, and carries out reloads and the end.
//
// Lives on the control thread, whose loop run() runs. Workers reach it for what is marked [any
// thread].
#pragma once

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "metrics/admin_server.h"
#include "metrics/history.h"
#include "metrics/registry.h"
#include "proxy/embedded_shards.h"
#include "proxy/memory_trim.h"
#include "proxy/observed_requests.h"
#include "proxy/scripts/script_cache.h"
#include "proxy/statistics.h"
#include "proxy/upstream/pin_allowance.h"
#include "proxy/worker.h"
#include "wire/inherited_sockets.h"
#include "wire/listener.h"
#include "wire/loop.h"
#include "wire/result.h"

namespace slotway::proxy {

struct DescriptorShares;

class Server {
 public:
  // `file` is where reload() reads the configuration again.
  Server(config::Config config, std::string file);
  ~Server();

  // Starts everything; an error ("FILE:LINE:COLUMN: cannot listen on ...") leaves nothing running.
  Status start();
  // Serves until stop() has drained the proxy. Returns the exit code.
  int run();

  // Reads the file again and moves to it; what cannot be applied leaves the old state and is
  // logged. `done`, if it is there, is called with the outcome. For the audit, `by` says who asks.
  using ReloadDone = std::function<void(const Status& status)>;
  void reload(std::string by, ReloadDone done = {});
  // The first call drains, the second ends at once.
  void stop(std::string_view by);

  // [any thread] The control thread's; only to post to.
  wire::Loop& loop() { return loop_; }
  // [any thread] As it is served now: of a reload, once it is complete.
  std::shared_ptr<const config::Config> config() const;

  // [any thread]
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  const metrics::Registry& registry() const { return registry_; }
  const metrics::History& history() const { return history_; }
  uint64_t started_seconds() const { return started_seconds_; }  // of the epoch
  const std::string& file() const { return file_; }
  WaitSettings& wait_settings() { return wait_settings_; }
  Statistics& statistics() { return statistics_; }
  const Statistics& statistics() const { return statistics_; }
  PinAllowance& pin_allowance() { return pin_allowance_; }
  // How many there are to be.
  size_t worker_count() const { return config_.workers; }
  // Whether it is looked how long requests take.
  bool measures_latency() const { return config_.observe.latency; }
  // Of that pool, for all workers.
  std::shared_ptr<SubscriberCounts> subscriber_counts(const std::string& pool);
  // [any thread] Of that pool, for all workers. Requires that there is such a pool.
  ObservedRequests& observed_requests(const std::string& pool) { return observed_.at(pool); }
  // Of the pool of that name. Only before the workers start.
  ScriptCache& script_cache(const std::string& pool) { return script_caches_[pool]; }
  HotKeysShared& hot_keys(const std::string& pool) { return hot_keys_[pool]; }
  // [any thread] The same once all workers run; null if there is no such pool.
  HotKeysShared* hot_keys_of(const std::string& pool);
  // [any thread] By the names of the pools. Requires is_serving().
  std::map<std::string, HotKeysShared>& hot_keys() { return hot_keys_; }
  // [any thread] The workers are there, and it does not stop.
  bool is_serving() const { return phase_.load(std::memory_order_acquire) == Phase::kServing; }
  // [any thread] Can it serve clients, and if not, why.
  metrics::Ready readiness() const;

 private:
  Result<std::unique_ptr<wire::Listener>> listen_on(const config::Address& address, size_t pool,
                                                    wire::InheritedSockets& inherited);
  Status check_claimed(const wire::InheritedSockets& inherited) const;
  Status start_admin();
  std::vector<metrics::HotKeyRates> hot_key_rates() const;
  void allow(const DescriptorShares& shares);
  void accept(int fd, size_t pool);
  Status check_reload(const config::Config& next) const;
  void move_to(config::Config next);
  void show_config();
  void begin_reload();
  metrics::Topology shown_topology() const;
  void sample_history();
  void end_reload(const Status& status);
  using PoolStep = std::function<void(Worker& worker, size_t pool, std::function<void()> done)>;
  void in_every_pool(const PoolStep& step, const std::function<void()>& done);
  void install_everywhere(const std::vector<std::shared_ptr<const PoolSettings>>& settings,
                          const std::function<void()>& done);
  void end_move(const Status& status);
  void watch_signals();
  void close_handles();

  config::Config config_;
  const std::string file_;
  const uint64_t started_seconds_;
  WaitSettings wait_settings_;
  std::mutex counts_mutex_;  // guards subscriber_counts_
  std::map<std::string, std::shared_ptr<SubscriberCounts>> subscriber_counts_;  // by pool
  std::map<std::string, ScriptCache> script_caches_;  // by the name of the pool
  std::map<std::string, ObservedRequests> observed_;  // by pool; none is added after the start
  PinAllowance pin_allowance_;
  std::map<std::string, HotKeysShared> hot_keys_;  // the same
  wire::Loop loop_;
  metrics::Registry registry_;
  Statistics statistics_{registry_};
  metrics::History history_{registry_};
  metrics::WorkerMetrics& control_metrics_ = registry_.add_worker();  // of the control thread
  EmbeddedShards embedded_;
  std::vector<std::shared_ptr<const PoolSettings>> settings_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<wire::Listener>> listeners_;
  enum class Phase : uint8_t { kStarting, kServing, kStopping };
  std::atomic<Phase> phase_{Phase::kStarting};  // kServing: workers_ is complete and running
  mutable std::mutex shown_mutex_;              // guards shown_
  std::shared_ptr<const config::Config> shown_;
  std::unique_ptr<metrics::AdminServer> admin_;
  uv_signal_t hangup_;
  uv_signal_t terminate_;
  uv_signal_t interrupt_;
  uv_timer_t history_timer_;
  MemoryTrim memory_trim_{loop_.uv(), embedded_};
  uint64_t next_client_id_ = 1;
  size_t most_clients_ = 0;  // of all pools together, for want of descriptors
  bool reloading_ = false;
  bool reload_again_ = false;
  struct ReloadAsker {
    std::string by;
    ReloadDone done;  // or null
  };
  static void tell(std::vector<ReloadAsker> askers, const Status& status);
  std::vector<ReloadAsker> reload_asked_;  // for one that has not begun
  std::vector<ReloadAsker> reload_told_;   // of the one that goes on
  bool stopping_ = false;
  std::thread ender_;
};

}  // namespace slotway::proxy
