#include "proxy/worker.h"

#include <pthread.h>

#include <algorithm>

#include "metrics/log.h"
#include "proxy/fanout/fan_out.h"
#include "proxy/server.h"
#include "proxy/session.h"

namespace slotway::proxy {

namespace {

constexpr uint64_t kTickMs = 10;              // resolution of request time-outs
constexpr uint64_t kSessionCheckMs = 500;     // of the sessions' time-outs, which are seconds
constexpr size_t kKeptArguments = 64 * 1024;  // scratch memory beyond is given back

}  // namespace

Worker::Worker(Server& server, size_t number, metrics::WorkerMetrics& metrics,
               const std::vector<std::shared_ptr<const PoolSettings>>& pools)
    : server_(server),
      number_(number),
      metrics_(metrics),
      measures_(server.measures_latency()),
      scratch_(loop_.pool()),
      random_(std::random_device{}()) {
  read_clock();
  uv_timer_init(loop_.uv(), &timer_);
  timer_.data = this;
  for (const auto& settings : pools) pools_.push_back(std::make_unique<Pool>(*this, settings));
}

Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  pthread_setname_np(pthread_self(), "slotway-worker");
  last_tick_ns_ = read_clock();
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Worker*>(timer->data)->tick(); }, kTickMs,
      kTickMs);
  loop_.run();
}

// ---- clients

size_t Worker::clients() const {
  size_t sum = 0;
  for (size_t pool = 0; pool < pools_.size(); ++pool) sum += clients(pool);
  return sum;
}

void Worker::add_client(int fd, size_t pool, uint64_t id) {
  pools_[pool]->clients.fetch_add(1, std::memory_order_relaxed);
  loop_.post([this, fd, pool, id] { adopt(fd, pool, id); });
}

void Worker::adopt(int fd, size_t pool, uint64_t id) {
  auto session = std::make_unique<Session>(*this, *pools_[pool], id);
  const Result<wire::Connection*> connection = wire::Connection::adopt(loop_, fd, *session);
  if (!connection.ok()) {
    pools_[pool]->clients.fetch_sub(1, std::memory_order_relaxed);
    metrics_.clients.rejected.add();
    return;
  }
  session->start(**connection);
  sessions_.emplace(id, std::move(session));
  metrics_.clients.opened();
}

void Worker::remove(Session& session) {
  Pool& pool = session.pool();
  pool.clients.fetch_sub(1, std::memory_order_relaxed);
  pool.pause().let_go(session.id());
  pool.monitors().remove(session.id(), pool.settings().name);
  sessions_.erase(session.id());
}

// ---- what the pools do with commands

Pool* Worker::pool_named(std::string_view name) const {
  for (const auto& pool : pools_) {
    if (pool->settings().name == name) return pool.get();
  }
  return nullptr;
}

void Worker::update_guards(const Pool& pool) {
  for (const auto& [id, session] : sessions_) {
    if (&session->pool() == &pool) session->update_guard();
  }
}

void Worker::end_pause(Pool& pool) {
  pool.pause().end();
  update_guards(pool);
  resume_held();
}

// ---- replies

void Worker::deliver(Request* request, const ReplyView& reply) {
  if (request->fan_out) {
    std::exchange(request->fan_out, nullptr)->part_done(request->part, reply);
  } else if (request->session) {
    request->session->answer(request, reply);
  }
}

void Worker::deliver_error(Request* request, std::string_view line) {
  if (request->fan_out && !request->session) {
    std::exchange(request->fan_out, nullptr)->part_failed(request->part, line);
  } else if (request->session) {
    wire::OutputBuffer text(loop_.pool());
    wire::ReplyWriter(text).error(line);
    request->session->answer(request, ReplyView(text));
  }
}

void Worker::hold(Session& session) { held_.push_back(session.id()); }

void Worker::resume_held() {
  if (held_.empty()) return;
  const std::vector<uint64_t> held = std::exchange(held_, {});
  for (const uint64_t id : held) {
    const auto session = sessions_.find(id);
    if (session != sessions_.end()) session->second->resume();
  }
}

void Worker::try_until_done(std::function<bool()> attempt) {
  if (!attempt()) attempts_.push_back(std::move(attempt));
}

// ---- settings

void Worker::install(size_t pool, std::shared_ptr<const PoolSettings> settings,
                     std::function<void()> done) {
  loop_.post([this, pool, settings = std::move(settings), done = std::move(done)]() mutable {
    read_clock();
    const Topology& now = pools_[pool]->topology();
    const Topology& next = *settings->topology;
    // A shard may be new without that: for slots that nobody had.
    const bool moves =
        !now.moved_slots(next).empty() || now.shards().size() != next.shards().size();
    for (const auto& [id, session] : sessions_) {
      if (&session->pool() != pools_[pool].get()) continue;
      session->change_settings(settings->users);
      const bool monitors = pools_[pool]->monitors().has(id);
      const bool listens = monitors || session->subscriber() || session->tracking();
      const bool may_listen =
          session->may_ask() && (!monitors || session->access() == Session::Access::kAll);
      // Whom nobody asks is not refused either.
      if ((moves && session->tracking()) || (listens && !may_listen)) {
        session->close_as_restarted();
      }
    }
    pools_[pool]->install(std::move(settings));
    installs_.emplace_back(pools_[pool].get(), std::move(done));
    resume_held();
  });
}

void Worker::hand_over(size_t pool, std::function<void()> done) {
  loop_.post([this, pool, done = std::move(done)]() mutable {
    read_clock();
    pools_[pool]->hand_over();
    installs_.emplace_back(pools_[pool].get(), std::move(done));
  });
}

// ---- time

// A tick that comes late tells that the turn before it was long.
void Worker::note_late_turn() {
  constexpr uint64_t kTickNs = kTickMs * 1'000'000;
  const uint64_t since = now_ns_ - std::exchange(last_tick_ns_, now_ns_);
  if (since <= kTickNs || !server_.wait_settings().is_spike(since - kTickNs)) return;
  for (const auto& pool : pools_) pool->latency_events().add(LatencyEvent::kLoop, since - kTickNs);
}

void Worker::tick() {
  read_clock();
  note_late_turn();
  bool ready = true;
  for (const auto& pool : pools_) {
    pool->tick(now_ns_);
    if (pool->pause().is_over(loop_.now_ms())) end_pause(*pool);
    for (const auto& shard : pool->shards()) ready = ready && shard->answers();
  }
  ready_.store(ready, std::memory_order_relaxed);
  std::erase_if(installs_, [](auto& install) {
    if (!install.first->drained()) return false;
    install.second();
    return true;
  });
  // One may bring the next.
  std::vector<std::function<bool()>> attempts = std::exchange(attempts_, {});
  std::erase_if(attempts, [](auto& attempt) { return attempt(); });
  attempts_.insert(attempts_.end(), attempts.begin(), attempts.end());
  if (parsed_.args.capacity() > kKeptArguments) parsed_ = {};
  if (key_positions_.capacity() > kKeptArguments) key_positions_ = {};
  if (loop_.now_ms() - last_check_ms_ >= kSessionCheckMs) check_sessions();
  if (drain_) end();
}

void Worker::check_sessions() {
  last_check_ms_ = loop_.now_ms();
  for (const auto& [id, session] : sessions_) session->check_timeouts(last_check_ms_);
  loop_.pool().shrink();
  requests_.shrink();
}

// ---- end

void Worker::drain(uint64_t deadline_ms) {
  loop_.post([this, deadline_ms] { drain_.emplace(loop_.now_ms(), deadline_ms); });
}

// One step of ending: the sessions first, then the upstreams, then the loop.
void Worker::end() {
  if (!sessions_.empty()) {
    for (const auto& [id, session] : sessions_) drain_->step(*session, loop_.now_ms());
    return;
  }
  // Until then the sessions of other workers may have questions (gather.h).
  sessions_ended_.store(true, std::memory_order_release);
  for (const auto& worker : server_.workers()) {
    if (!worker->sessions_ended_.load(std::memory_order_acquire)) return;
  }
  if (!closing_pools_) {
    closing_pools_ = true;
    for (const auto& pool : pools_) pool->close();
    return;
  }
  for (const auto& pool : pools_) {
    if (!pool->closed()) return;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  loop_.stop();
}

}  // namespace slotway::proxy
