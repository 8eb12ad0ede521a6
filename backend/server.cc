#include "backend/server.h"

#include <uv.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "backend/allocator.h"
#include "backend/commands/bindings.h"
#include "backend/store.h"
#include "wire/listener.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kCheckMs = 100;
constexpr uint64_t kChecksPerSecond = 10;
constexpr int64_t kExpiryBudgetUs = 1000;
constexpr uint64_t kBusyExpiryMs = 4;  // pause between cycles that do not get to the end

// How often something is done that is to have `share` percent of the time, half a millisecond at
// once, or more of each millisecond if it must be.
uint64_t defragmentation_period_ms(uint32_t share) { return std::max<uint64_t>(50 / share, 1); }

std::string random_id() {
  constexpr char kHex[] = "0123456789abcdef";
  std::random_device device;
  std::string id;
  for (int i = 0; i < 40; ++i) id += kHex[device() % 16];
  return id;
}

}  // namespace

// What exists between start() and stop().
class Server::Running {
 public:
  explicit Running(const Settings& settings) : store_(settings, loop_, clock_) {
    store_.run_id = random_id();
    publish();
  }

  Status listen();
  void run(std::function<void()> shutdown);
  void stop();

  uint64_t key_count() const { return keys_.load(std::memory_order_relaxed); }
  uint64_t key_count(wire::Slot first, wire::Slot last);
  std::shared_ptr<const StoreSample> sample() {
    const std::lock_guard lock(sample_mutex_);
    return std::make_shared<const StoreSample>(sample_);
  }

 private:
  void publish();
  void start_timers();
  void check();
  void end_turn();
  void expire();
  void reclaim();
  void defragment();
  void schedule_defragmentation();
  void close_handles();

  SystemClock clock_;
  wire::Loop loop_;
  Store store_;
  std::vector<std::unique_ptr<wire::Listener>> listeners_;
  uv_timer_t check_timer_;
  uv_timer_t expiry_timer_;
  uv_timer_t wait_timer_;  // of the soonest deadline of a client that waits for a key
  int64_t wait_deadline_ms_ = 0;
  uv_idle_t reclaim_;                 // active while something is to be given back
  int64_t reclaimed_us_ = 0;          // when that was done last
  uv_timer_t defragmentation_timer_;  // active during a pass
  uv_prepare_t before_poll_;
  uint64_t checks_ = 0;
  uint64_t commands_at_second_ = 0;
  std::atomic<uint64_t> keys_{0};
  std::mutex sample_mutex_;  // guards sample_
  StoreSample sample_;
  std::thread thread_;
};

Status Server::Running::listen() {
  const Settings& settings = store_.settings;
  const auto accept = [this](int fd) { store_.clients.add(fd); };
  const auto add = [this](Result<std::unique_ptr<wire::Listener>> opened) -> Status {
    if (!opened.ok()) {
      close_handles();
      return opened.error();
    }
    listeners_.push_back(std::move(*opened));
    return success();
  };
  Status status = success();
  if (settings.port != 0) {
    for (const std::string& address : settings.bind) {
      if (!status.ok()) break;
      status = add(wire::Listener::open_tcp(loop_, address, settings.port, accept));
    }
  }
  if (status.ok() && !settings.unix_socket.empty()) {
    status = add(wire::Listener::open_unix(loop_, settings.unix_socket, accept));
  }
  if (status.ok() && listeners_.empty()) {
    return Error{"listen", "neither a port nor a socket to listen on"};
  }
  return status;
}

void Server::Running::start_timers() {
  uv_timer_init(loop_.uv(), &check_timer_);
  check_timer_.data = this;
  uv_timer_start(
      &check_timer_, [](uv_timer_t* timer) { static_cast<Running*>(timer->data)->check(); },
      kCheckMs, kCheckMs);
  uv_timer_init(loop_.uv(), &expiry_timer_);
  expiry_timer_.data = this;
  expire();
  uv_timer_init(loop_.uv(), &wait_timer_);
  wait_timer_.data = this;
  uv_idle_init(loop_.uv(), &reclaim_);
  reclaim_.data = this;
  uv_timer_init(loop_.uv(), &defragmentation_timer_);
  defragmentation_timer_.data = this;
  uv_prepare_init(loop_.uv(), &before_poll_);
  before_poll_.data = this;
  // Started later than the loop's own, it comes before it: what it sends goes out at once.
  uv_prepare_start(&before_poll_,
                   [](uv_prepare_t* handle) { static_cast<Running*>(handle->data)->end_turn(); });
}

void Server::Running::check() {
  store_.clients.check(loop_.now_ms());
  store_.memory.check();
  if (++checks_ % kChecksPerSecond == 0) {
    store_.statistics.commands_per_second = store_.statistics.commands - commands_at_second_;
    commands_at_second_ = store_.statistics.commands;
    publish();
    loop_.pool().shrink();
    store_.engine.blocks().shrink();
    store_.defragmentation.check();
    if (!uv_is_active(reinterpret_cast<uv_handle_t*>(&defragmentation_timer_))) {
      schedule_defragmentation();
    }
  }
}

void Server::Running::publish() {
  StoreSample fresh = take_sample(store_);
  // Whoever reads just now holds the lock for an instant, unless the kernel has put it aside: the
  // next second will do.
  const std::unique_lock lock(sample_mutex_, std::try_to_lock);
  if (lock.owns_lock()) std::swap(sample_, fresh);
}

void Server::Running::end_turn() {
  keys_.store(store_.engine.key_count(), std::memory_order_relaxed);
  store_.tracking.keep_limit();
  store_.tracking.broadcast();
  store_.memory.keep_client_limit();
  if (store_.engine.reclaimer().has_work() &&
      !uv_is_active(reinterpret_cast<uv_handle_t*>(&reclaim_))) {
    uv_idle_start(&reclaim_,
                  [](uv_idle_t* handle) { static_cast<Running*>(handle->data)->reclaim(); });
  }
  const int64_t deadline_ms = store_.blocked.next_deadline_ms();
  if (deadline_ms == wait_deadline_ms_) return;
  wait_deadline_ms_ = deadline_ms;
  if (deadline_ms == 0) {
    uv_timer_stop(&wait_timer_);
    return;
  }
  const auto left_ms = deadline_ms - static_cast<int64_t>(loop_.now_ms());
  uv_timer_start(
      &wait_timer_,
      [](uv_timer_t* timer) {
        auto* const self = static_cast<Running*>(timer->data);
        self->wait_deadline_ms_ = 0;
        self->store_.blocked.give_up(static_cast<int64_t>(self->loop_.now_ms()));
      },
      static_cast<uint64_t>(std::max<int64_t>(left_ms, 0)), 0);
}

// Once in each turn of the loop, which does not wait for input meanwhile: for half as long as the
// turn has taken, so that giving back keeps up with whoever replaces large values.
void Server::Running::reclaim() {
  constexpr int64_t kLeastUs = 250;
  constexpr int64_t kMostUs = 1000;
  const Clock& clock = store_.engine.clock();
  const int64_t now_us = clock.steady_us();
  const int64_t end_us = now_us + std::clamp((now_us - reclaimed_us_) / 2, kLeastUs, kMostUs);
  Reclaimer& reclaimer = store_.engine.reclaimer();
  give_back_at_once(true);
  reclaimer.work([&] { return clock.steady_us() >= end_us; });
  give_back_at_once(false);
  // A thread that never waits keeps its processor until the kernel's next tick, up to 4 ms: a
  // client that was woken there would have its answer only then.
  std::this_thread::yield();
  reclaimed_us_ = clock.steady_us();
  if (!reclaimer.has_work()) uv_idle_stop(&reclaim_);
}

void Server::Running::schedule_defragmentation() {
  const uint32_t share = store_.defragmentation.share();
  if (share == 0) return;
  uv_timer_start(
      &defragmentation_timer_,
      [](uv_timer_t* timer) { static_cast<Running*>(timer->data)->defragment(); },
      defragmentation_period_ms(share), 0);
}

void Server::Running::defragment() {
  constexpr int64_t kUsOfPercent = 10;  // of a millisecond
  const uint32_t share = store_.defragmentation.share();
  if (share == 0) return;
  give_back_at_once(true);
  store_.defragmentation.work(static_cast<int64_t>(defragmentation_period_ms(share)) * share *
                              kUsOfPercent);
  give_back_at_once(false);
  schedule_defragmentation();
}

void Server::Running::expire() {
  bool more = false;
  if (store_.settings.active_expiry) {
    store_.engine.read_clock();
    const int64_t begin_us = clock_.steady_us();
    more = store_.engine.run_expiry_cycle(kExpiryBudgetUs);
    store_.latency_events.add("expire-cycle", clock_.wall_ms() / 1000,
                              static_cast<uint64_t>(clock_.steady_us() - begin_us) / 1000,
                              store_.settings.latency_threshold_ms);
  }
  uv_timer_start(
      &expiry_timer_, [](uv_timer_t* timer) { static_cast<Running*>(timer->data)->expire(); },
      more ? kBusyExpiryMs : 1000 / store_.settings.cycles_per_second, 0);
}

void Server::Running::run(std::function<void()> shutdown) {
  store_.shutdown = std::move(shutdown);
  start_timers();
  thread_ = std::thread([this] {
    loop_.run();
    // stop() was called: everything is closing.
    while (store_.clients.size() > 0) uv_run(loop_.uv(), UV_RUN_ONCE);
  });
}

void Server::Running::close_handles() {
  for (auto& listener : listeners_) wire::Listener::close(std::move(listener));
  listeners_.clear();
}

void Server::Running::stop() {
  if (!thread_.joinable()) return;
  loop_.post([this] {
    close_handles();
    store_.clients.close_all();
    uv_close(reinterpret_cast<uv_handle_t*>(&check_timer_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&expiry_timer_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&wait_timer_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&reclaim_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&defragmentation_timer_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&before_poll_), nullptr);
    loop_.stop();
  });
  thread_.join();
}

uint64_t Server::Running::key_count(wire::Slot first, wire::Slot last) {
  std::promise<uint64_t> answer;
  loop_.post([&] {
    uint64_t count = 0;
    for (uint32_t i = 0; i < store_.engine.database_count(); ++i) {
      count += store_.engine.database(i).keyspace().size(first, last);
    }
    answer.set_value(count);
  });
  return answer.get_future().get();
}

Server::Server(Settings settings) : settings_(std::move(settings)) { check_bindings(); }

Server::~Server() { stop(); }

void Server::on_shutdown(std::function<void()> end) { end_ = std::move(end); }

Status Server::start() {
  auto running = std::make_unique<Running>(settings_);
  const Status status = running->listen();
  if (!status.ok()) return status;
  running->run(end_);
  running_ = std::move(running);
  return success();
}

void Server::stop() {
  if (!running_) return;
  running_->stop();
  running_.reset();
}

uint64_t Server::key_count() const { return running_ ? running_->key_count() : 0; }

uint64_t Server::key_count(wire::Slot first, wire::Slot last) const {
  return running_ ? running_->key_count(first, last) : 0;
}

std::shared_ptr<const StoreSample> Server::sample() const {
  return running_ ? running_->sample() : nullptr;
}

}  // namespace slotway::backend
