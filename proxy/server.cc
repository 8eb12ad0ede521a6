#include "proxy/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "config/load.h"
#include "metrics/dashboard.h"
#include "metrics/log.h"
#include "proxy/all_metrics.h"
#include "proxy/api/pages.h"
#include "proxy/descriptor_budget.h"
#include "proxy/hotkeys/operators.h"
#include "proxy/local/local_commands.h"
#include "wire/unix_time.h"

namespace slotway::proxy {

namespace {

namespace log = metrics::log;

constexpr uint64_t kDrainMs = 10'000;
const Error kStopping{"reload", "the proxy stops"};
constexpr uint64_t kHistoryMs = 1000;

metrics::Ready::Check shard_check(const metrics::ShardSum& sum, size_t workers) {
  metrics::Ready::Check check;
  check.name = "shard " + sum.pool + "/" + sum.shard;
  check.ok = sum.answering == static_cast<int64_t>(workers);
  check.detail =
      std::to_string(sum.answering) + " of " + std::to_string(workers) + " workers reach it";
  return check;
}

bool has_shard(const config::Config& config, std::string_view pool, std::string_view shard) {
  return std::ranges::any_of(config.pools, [&](const config::Pool& each) {
    return each.name == pool && std::ranges::count(each.shards, shard, &config::Shard::name) > 0;
  });
}

// What could not be listened on, with its place in the file.
Error not_free(const std::string& file, const config::ListenAddress& address, const Error& error) {
  return {error.code, config::place_text(file, address.at) + ": " + error.message +
                          "; expected a free address of this machine"};
}

}  // namespace

Server::Server(config::Config config, std::string file)
    : config_(std::move(config)),
      file_(std::move(file)),
      started_seconds_(static_cast<uint64_t>(std::time(nullptr))) {
  uv_timer_init(loop_.uv(), &history_timer_);
  history_timer_.data = this;
  for (const config::Pool& pool : config_.pools) observed_.try_emplace(pool.name);
  for (uv_signal_t* signal : {&hangup_, &terminate_, &interrupt_}) {
    uv_signal_init(loop_.uv(), signal);
    signal->data = this;
  }
}

Server::~Server() {
  if (!stopping_) close_handles();
}

// ---- start

Status Server::start() {
  check_local_commands();
  wait_settings_.follow(config_.observe);
  allow(reserve_descriptors(config_));
  Result<wire::InheritedSockets> inherited = wire::InheritedSockets::take();
  if (!inherited.ok()) return inherited.error();
  watch_signals();  // before anybody can see that the proxy is up
  if (Status status = embedded_.start(config_); !status.ok()) {
    return Error{status.error().code, file_ + ": " + status.error().message};
  }
  for (size_t pool = 0; pool < config_.pools.size(); ++pool) {
    for (const config::ListenAddress& address : config_.pools[pool].listen) {
      auto listener = listen_on(address, pool, *inherited);
      if (!listener.ok()) return not_free(file_, address, listener.error());
      listeners_.push_back(std::move(*listener));
    }
    settings_.push_back(std::make_shared<const PoolSettings>(config_.pools[pool]));
  }
  if (Status status = check_claimed(*inherited); !status.ok()) return status;
  // Before the workers, for it is the last that can fail.
  if (Status status = start_admin(); !status.ok()) return status;
  for (unsigned i = 0; i < config_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(*this, i, registry_.add_worker(), settings_));
  }
  for (const auto& worker : workers_) worker->start();
  uv_timer_start(
      &history_timer_,
      [](uv_timer_t* timer) { static_cast<Server*>(timer->data)->sample_history(); }, 0,
      kHistoryMs);
  show_config();
  phase_.store(Phase::kServing, std::memory_order_release);
  return success();
}

Result<std::unique_ptr<wire::Listener>> Server::listen_on(const config::Address& address,
                                                          size_t pool,
                                                          wire::InheritedSockets& inherited) {
  auto accept_client = [this, pool](int fd) { accept(fd, pool); };
  auto shed = [this] { control_metrics_.clients.rejected.add(); };
  if (const std::optional<int> fd = inherited.claim(address.text())) {
    log::info("{} is inherited: what waits there stays for the next process", address.text());
    return wire::Listener::take_over(loop_, *fd, accept_client, shed);
  }
  if (address.kind == config::Address::Kind::kUnix) {
    return wire::Listener::open_unix(loop_, address.path, accept_client, shed);
  }
  return wire::Listener::open_tcp(loop_, address.host, address.port, accept_client, shed);
}

// A socket that is left over would take connections that nobody serves.
Status Server::check_claimed(const wire::InheritedSockets& inherited) const {
  if (inherited.unclaimed().empty()) return success();
  const wire::InheritedSocket& socket = inherited.unclaimed().front();
  std::string message = file_ + ": no pool listens on the inherited socket " + socket.address;
  if (!socket.name.empty()) message += " (" + socket.name + ")";
  message += "; expected one of";
  for (const config::Pool& pool : config_.pools) {
    for (const config::ListenAddress& address : pool.listen) message += " " + address.text();
  }
  return Error{"listen", message + ", each once"};
}

HotKeysShared* Server::hot_keys_of(const std::string& pool) {
  if (phase_.load(std::memory_order_acquire) == Phase::kStarting) return nullptr;
  const auto found = hot_keys_.find(pool);
  return found == hot_keys_.end() ? nullptr : &found->second;
}

std::vector<metrics::HotKeyRates> Server::hot_key_rates() const {
  std::vector<metrics::HotKeyRates> rates;
  if (phase_.load(std::memory_order_acquire) == Phase::kStarting) return rates;
  for (const auto& [pool, shared] : hot_keys_) {
    if (auto found = proxy::hot_key_rates(pool, shared)) rates.push_back(std::move(*found));
  }
  return rates;
}

Status Server::start_admin() {
  if (!config_.admin) return success();
  registry_.set_hot_key_source([this] { return hot_key_rates(); });
  registry_.set_topology_source([this] { return shown_topology(); });
  metrics::AdminOptions options;
  options.address = config_.admin->address.text();
  options.token = config_.admin->token;
  options.ready = [this] { return readiness(); };
  options.pages = api::pages(*this);
  for (metrics::AdminPage& page : metrics::dashboard_pages()) {
    options.pages.push_back(std::move(page));
  }
  options.metrics = std::make_shared<AllMetrics>(
      metrics::Exporter(registry_, SLOTWAY_VERSION, wire::all_commands(), &history_), embedded_);
  auto admin = metrics::AdminServer::start(std::move(options));
  if (!admin.ok()) return not_free(file_, config_.admin->address, admin.error());
  admin_ = std::move(*admin);
  return success();
}

void Server::watch_signals() {
  uv_signal_start(
      &hangup_, [](uv_signal_t* s, int) { static_cast<Server*>(s->data)->reload("SIGHUP"); },
      SIGHUP);
  const auto stop = [](uv_signal_t* s, int signal) {
    static_cast<Server*>(s->data)->stop(signal == SIGINT ? "SIGINT" : "SIGTERM");
  };
  uv_signal_start(&terminate_, stop, SIGTERM);
  uv_signal_start(&interrupt_, stop, SIGINT);
}

int Server::run() {
  loop_.run();
  return 0;
}

// ---- clients

void Server::allow(const DescriptorShares& shares) {
  most_clients_ = shares.clients;
  pin_allowance_.set_limit(shares.pins);
}

void Server::accept(int fd, size_t pool) {
  size_t of_pool = 0;
  size_t of_all = 0;
  for (const auto& worker : workers_) {
    of_pool += worker->clients(pool);
    of_all += worker->clients();
  }
  if (of_pool >= settings_[pool]->limits.clients || of_all >= most_clients_) {
    constexpr std::string_view kFull = "-ERR max number of clients reached\r\n";
    (void)!::send(fd, kFull.data(), kFull.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::close(fd);
    control_metrics_.clients.rejected.add();
    return;
  }
  const auto fewest =
      std::min_element(workers_.begin(), workers_.end(),
                       [](const auto& a, const auto& b) { return a->clients() < b->clients(); });
  (*fewest)->add_client(fd, pool, next_client_id_++);
}

metrics::Ready Server::readiness() const {
  metrics::Ready ready;
  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase != Phase::kServing) {
    ready.reason = phase == Phase::kStarting ? "starting" : "stopping";
    return ready;
  }
  ready.ready = true;
  for (const auto& worker : workers_) ready.ready = ready.ready && worker->all_shards_ready();
  if (!ready.ready) ready.reason = "not all shards can be reached";
  const auto shown = config();
  for (const metrics::ShardSum& sum : registry_.shards()) {
    if (!has_shard(*shown, sum.pool, sum.shard)) continue;  // gone by a reload
    ready.checks.push_back(shard_check(sum, workers_.size()));
  }
  return ready;
}

// ---- reload

Status Server::check_reload(const config::Config& next) const {
  const auto same_name = [](const config::Pool& a, const config::Pool& b) {
    return a.name == b.name && a.listen == b.listen;
  };
  if (!std::equal(config_.pools.begin(), config_.pools.end(), next.pools.begin(), next.pools.end(),
                  same_name)) {
    return Error{"reload", "pools and their listen addresses change only with a restart"};
  }
  const auto admin_address = [](const config::Config& config) {
    return config.admin ? config.admin->address.text() : "off";
  };
  if (next.workers != config_.workers || admin_address(next) != admin_address(config_)) {
    return Error{"reload", "workers and the address of admin change only with a restart"};
  }
  if (next.log.format != config_.log.format) {
    return Error{"reload", "the format of the log changes only with a restart"};
  }
  if (next.observe.latency != config_.observe.latency) {
    return Error{"reload", "observe: latency changes only with a restart"};
  }
  return embedded_.check(config_, next);
}

void Server::show_config() {
  auto shown = std::make_shared<const config::Config>(config_);
  const std::lock_guard lock(shown_mutex_);
  shown_ = std::move(shown);
}

std::shared_ptr<const config::Config> Server::config() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_;
}

metrics::Topology Server::shown_topology() const {
  metrics::Topology topology;
  topology.pinned = pin_allowance_.in_use();
  topology.most_pinned = pin_allowance_.limit();
  const std::shared_ptr<const config::Config> shown = config();
  if (!shown) return topology;
  for (const config::Pool& pool : shown->pools) {
    for (const config::Shard& shard : pool.shards) {
      uint64_t slots = 0;
      for (const config::SlotRange& range : shard.slots) slots += range.last - range.first + 1u;
      topology.shards.push_back({pool.name, shard.name, slots});
    }
  }
  return topology;
}

void Server::sample_history() {
  history_.sample(uv_hrtime(), static_cast<int64_t>(wire::unix_ms()));
}

void Server::tell(std::vector<ReloadAsker> askers, const Status& status) {
  for (const ReloadAsker& asker : askers) {
    if (asker.done) asker.done(status);
  }
}

void Server::reload(std::string by, ReloadDone done) {
  if (stopping_) {
    if (done) done(kStopping);
    return;
  }
  reload_asked_.push_back({std::move(by), std::move(done)});
  if (reloading_) {
    reload_again_ = true;
  } else {
    begin_reload();
  }
}

void Server::begin_reload() {
  reload_told_ = std::exchange(reload_asked_, {});
  Result<config::Config> next = config::load_config(file_);
  Status status = next.ok() ? check_reload(*next) : Status(next.error());
  if (status.ok()) status = embedded_.start(*next);
  if (!status.ok()) {
    embedded_.retain(config_);
    return end_reload(status);
  }
  reloading_ = true;
  move_to(std::move(*next));
}

void Server::end_reload(const Status& status) {
  if (status.ok()) {
    log::info("reload complete: {}", file_);
  } else {
    log::error("reload refused, the old configuration stays: {}", status.error().message);
  }
  for (const ReloadAsker& asker : reload_told_) {
    log::audit(status.ok() ? "the configuration is reloaded, by " + asker.by
                           : "a reload is refused, asked for by " + asker.by + ": " +
                                 status.error().message);
  }
  registry_.count_reload(status.ok());
  reloading_ = false;
  tell(std::exchange(reload_told_, {}), status);
  if (std::exchange(reload_again_, false)) begin_reload();
}

// Slots that move are first held in all workers; only when nothing is in flight to their old owners
// any more, in any worker, do the new owners get the first command. So no write reaches an old
// owner after a write to the new one, and the commands of a session keep their order. Subscribers
// listen at the new owners by then, and have been given what was published at the old ones. What
// the embedded shards hold is settled only when nothing is in flight.
void Server::move_to(config::Config next) {
  const DescriptorShares descriptors = reserve_descriptors(next);
  std::vector<std::shared_ptr<const PoolSettings>> holding;
  std::vector<std::shared_ptr<const PoolSettings>> final_settings;
  for (size_t i = 0; i < next.pools.size(); ++i) {
    final_settings.push_back(std::make_shared<const PoolSettings>(next.pools[i]));
    holding.push_back(std::make_shared<const PoolSettings>(
        *settings_[i], settings_[i]->topology->on_the_way_to(final_settings[i]->topology)));
  }
  install_everywhere(holding, [this, descriptors, next = std::move(next),
                               final_settings = std::move(final_settings)] {
    if (Status status = embedded_.check(config_, next); !status.ok()) return end_move(status);
    settings_ = final_settings;
    if (next.observe != config_.observe) wait_settings_.follow(next.observe);
    config_ = next;
    allow(descriptors);
    in_every_pool([](Worker& worker, size_t pool,
                     std::function<void()> done) { worker.hand_over(pool, std::move(done)); },
                  [this] { end_move(success()); });
  });
}

void Server::end_move(const Status& status) {
  install_everywhere(settings_, [this, status] {
    embedded_.retain(config_);
    show_config();
    log::set_level(*log::level_from(config_.log.level));
    // Where the reload begins or ends the audit, it is in it itself.
    log::set_audit(log::audits() || config_.log.audit);
    if (admin_) admin_->set_token(config_.admin->token);
    for (const config::Pool& pool : config_.pools) {
      if (pool.hot_keys.redact_keys) observed_requests(pool.name).drop_plain();
    }
    end_reload(status);
    log::set_audit(config_.log.audit);
  });
}

void Server::install_everywhere(const std::vector<std::shared_ptr<const PoolSettings>>& settings,
                                const std::function<void()>& done) {
  in_every_pool(
      [&settings](Worker& worker, size_t pool, std::function<void()> installed) {
        worker.install(pool, settings[pool], std::move(installed));
      },
      done);
}

void Server::in_every_pool(const PoolStep& step, const std::function<void()>& done) {
  const auto waiting = std::make_shared<size_t>(workers_.size() * settings_.size());
  for (const auto& worker : workers_) {
    for (size_t pool = 0; pool < settings_.size(); ++pool) {
      step(*worker, pool, [this, waiting, done] {
        loop_.post([this, waiting, done] {
          if (--*waiting == 0 && !stopping_) done();
        });
      });
    }
  }
}

// ---- end

std::shared_ptr<SubscriberCounts> Server::subscriber_counts(const std::string& pool) {
  const std::lock_guard lock(counts_mutex_);
  auto& counts = subscriber_counts_[pool];
  if (!counts) counts = std::make_shared<SubscriberCounts>();
  return counts;
}

void Server::stop(std::string_view by) {
  if (stopping_) {
    log::warn("stopping at once");
    std::_Exit(1);
  }
  stopping_ = true;
  phase_.store(Phase::kStopping, std::memory_order_release);
  log::info("stopping: {} ms for what is in flight", kDrainMs);
  log::audit("a drain begins, by " + std::string(by));
  // Before the workers hear of it: what is accepted last is drained like everything else.
  for (auto& listener : listeners_) {
    listener->take_backlog();
    wire::Listener::close(std::move(listener));
  }
  listeners_.clear();
  for (const auto& worker : workers_) worker->drain(kDrainMs);
  for (auto* askers : {&reload_told_, &reload_asked_}) tell(std::exchange(*askers, {}), kStopping);
  // Off this thread, so that a second signal is heard meanwhile.
  ender_ = std::thread([this] {
    for (const auto& worker : workers_) worker->join();
    loop_.post([this] {
      ender_.join();
      admin_.reset();
      close_handles();
      loop_.stop();
    });
  });
}

void Server::close_handles() {
  for (auto& listener : listeners_) wire::Listener::close(std::move(listener));
  listeners_.clear();
  for (uv_signal_t* signal : {&hangup_, &terminate_, &interrupt_}) {
    uv_close(reinterpret_cast<uv_handle_t*>(signal), nullptr);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&history_timer_), nullptr);
  memory_trim_.stop();
}

}  // namespace slotway::proxy
