#include "proxy/hotkeys/owned_keys.h"

#include <algorithm>

#include "metrics/log.h"
#include "proxy/hotkeys/hot_keys.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/slot.h"

namespace slotway::proxy {

namespace {

using Count = metrics::HotKeyCount;

constexpr unsigned kIdlePeriods = 30;  // a key that nobody has read for so long is let go
constexpr double kMuchHotter = 2;
constexpr unsigned kFirstPeriods = 3;  // in which a key is not judged
constexpr uint64_t kFewFetches = 4;    // of a period: too few to judge by
constexpr uint64_t kHitsPerFetch = 2;  // otherwise it does not pay
constexpr size_t kMaxBackOffs = 4096;
constexpr uint64_t kShortestBackOffNs = 1'000'000'000;
constexpr uint64_t kLongestBackOffNs = 30'000'000'000;
constexpr size_t kMaxCommands = 8;  // of one key

uint64_t ns(std::chrono::milliseconds time) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(time).count());
}

}  // namespace

OwnedKeys::OwnedKeys(Worker& worker, Pool& pool, HotKeysShared& shared, HotKeys& hot_keys)
    : worker_(worker), pool_(pool), shared_(shared), hot_keys_(hot_keys) {}

void OwnedKeys::use(const config::HotKeys& settings, const config::Timeouts& timeouts) {
  settings_ = settings;
  fetch_settings_ = {.staleness_ns = ns(settings.cache.staleness),
                     .patience_ns = ns(timeouts.request) / 2,
                     .max_reply = settings.cache.max_reply};
}

// `give(HotKeys&, requests)` for each worker that waits, or for all.
template <typename Give>
void OwnedKeys::give_to_workers(std::vector<FetchWaiter> waiters, bool to_all, Give give) {
  const size_t workers = worker_.server().workers().size();
  for (size_t number = 0; number < workers; ++number) {
    std::vector<Request*> requests;
    for (const FetchWaiter& waiter : waiters) {
      if (waiter.worker == number) requests.push_back(waiter.request);
    }
    if (requests.empty() && !to_all) continue;
    hot_keys_.at_worker(number, [give, requests = std::move(requests)](HotKeys& hot_keys) {
      give(hot_keys, requests);
    });
  }
}

// ---- which keys

void OwnedKeys::own(uint64_t hash, wire::Slot slot, double rate) {
  if (!hot_keys_.caches()) return;  // any more
  const FetchLine* const line = line_for(slot);
  if (!line || line->is_refused() || shared_.versions.find(hash)) return;
  const auto back_off = back_offs_.find(hash);
  if (back_off != back_offs_.end() && worker_.now_ns() < back_off->second.until_ns) return;
  const size_t room =
      std::max<size_t>(1, settings_.cache.entries / worker_.server().workers().size());
  if (owned_.size() >= room && !make_room(rate)) return;
  KeyVersions::Cell* const cell = shared_.versions.claim(hash);
  if (!cell) return;
  owned_.emplace(shared_.versions.index_of(*cell), Owned{.cell = cell, .rate = rate});
  hot_keys_.metrics().add(Count::kAdmitted);
  hot_keys_.metrics().keys.add();
}

bool OwnedKeys::make_room(double rate) {
  const auto coldest =
      std::ranges::min_element(owned_, {}, [](const auto& each) { return each.second.rate; });
  if (coldest->second.rate * kMuchHotter > rate) return false;
  disown(coldest->first);
  return true;
}

void OwnedKeys::back_off(uint64_t hash) {
  if (back_offs_.size() >= kMaxBackOffs) back_offs_.clear();
  BackOff& entry = back_offs_[hash];
  entry.pause_ns = std::clamp(2 * entry.pause_ns, kShortestBackOffNs, kLongestBackOffNs);
  entry.until_ns = worker_.now_ns() + entry.pause_ns;
}

void OwnedKeys::disown(size_t index) {
  const auto at = owned_.find(index);
  for (const auto& [command, bytes] : at->second.bytes) count_bytes(bytes, 0);
  hot_keys_.metrics().keys.sub();
  shared_.versions.release(*at->second.cell);
  owned_.erase(at);
  give_to_workers({}, true, [index](HotKeys& hot_keys, const auto&) { hot_keys.drop(index); });
}

void OwnedKeys::let_go() {
  while (!owned_.empty()) disown(owned_.begin()->first);
}

void OwnedKeys::count_hits(const std::vector<std::pair<size_t, uint64_t>>& hits) {
  for (const auto& [index, count] : hits) {
    const auto at = owned_.find(index);
    if (at != owned_.end()) at->second.hits += count;
  }
}

void OwnedKeys::tick(uint64_t now_ns) {
  const double seconds = static_cast<double>(now_ns - period_began_ns_) / 1e9;
  period_began_ns_ = now_ns;
  std::vector<size_t> leaving;
  for (auto& [index, owned] : owned_) {
    // Other workers report as often as this looks: some hits come a period late.
    owned.recent_hits = owned.recent_hits * 3 / 4 + owned.hits;
    owned.recent_fetches = owned.recent_fetches * 3 / 4 + owned.fetches;
    const bool pays = ++owned.periods < kFirstPeriods || owned.recent_fetches < kFewFetches ||
                      owned.recent_hits >= kHitsPerFetch * owned.recent_fetches;
    if (!pays) hot_keys_.metrics().add(Count::kBackedOff);
    if (!pays) back_off(owned.cell->hash.load(std::memory_order_relaxed));
    owned.rate += (static_cast<double>(owned.hits) / seconds - owned.rate) / 4;
    owned.idle_periods = owned.hits == 0 ? owned.idle_periods + 1 : 0;
    owned.hits = owned.fetches = 0;
    const bool is_idle = pays && owned.idle_periods >= kIdlePeriods;
    if (is_idle) hot_keys_.metrics().add(Count::kEvicted);
    if (!pays || is_idle) leaving.push_back(index);
  }
  for (const size_t index : leaving) disown(index);
  std::erase_if(back_offs_, [&](const auto& each) {
    return now_ns > each.second.until_ns + kLongestBackOffNs;
  });
}

// ---- what is in them

// Null while no shard has the slot, and when the proxy stops: other workers may end later.
FetchLine* OwnedKeys::line_for(wire::Slot slot) {
  if (pool_.shards().empty()) return nullptr;
  const ShardIndex shard = pool_.topology().shard_of_slot(slot);
  if (shard >= Topology::kMoving) return nullptr;
  return &pool_.shard(shard).fetch_line(*this);
}

void OwnedKeys::fetch(const FetchOrder& order, FetchWaiter waiter) {
  // It may have been let go, or admitted anew, since it was ordered.
  const bool is_owned = order.cell->hash.load(std::memory_order_relaxed) == order.hash;
  FetchLine* const line = is_owned ? line_for(wire::slot_of_key(order.key)) : nullptr;
  if (!line || !line->fetch(order, waiter)) {
    hot_keys_.metrics().add(Count::kNotFetched);
    return not_fetched(order, {waiter});
  }
  ++owned_.at(shared_.versions.index_of(*order.cell)).fetches;
}

void OwnedKeys::refresh(const FetchOrder& order) {
  if (order.cell->hash.load(std::memory_order_relaxed) != order.hash) return;
  if (FetchLine* const line = line_for(wire::slot_of_key(order.key))) line->refresh(order);
}

// False: there is no room for it.
bool OwnedKeys::account(const CachedReply& reply) {
  const FetchOrder& order = reply.order;
  const auto at = owned_.find(shared_.versions.index_of(*order.cell));
  if (at == owned_.end() || order.cell->hash.load(std::memory_order_relaxed) != order.hash) {
    return false;
  }
  auto& all = at->second.bytes;
  const size_t limit = settings_.cache.memory / worker_.server().workers().size();
  const std::pair command(order.database, order.request);
  size_t& bytes = all[command];
  if (bytes_ - bytes + reply.bytes() > limit || all.size() > kMaxCommands) {
    if (bytes == 0) all.erase(command);
    return false;
  }
  count_bytes(bytes, reply.bytes());
  bytes = reply.bytes();
  return true;
}

void OwnedKeys::count_bytes(size_t before, size_t now) {
  bytes_ += now - before;
  hot_keys_.metrics().bytes.set(static_cast<int64_t>(bytes_));
}

// What would be served now, next to what the shard has: no version has changed in between, so
// nothing else may have.
void OwnedKeys::audit(const CachedReply& reply) {
  const CachedReply* const held = hot_keys_.held(reply.order);
  if (!held || !reply.order.has_stable_order || held->stamp.version != reply.stamp.version ||
      held->stamp.epoch != reply.stamp.epoch || !reply.stamp.holds(*reply.shard) ||
      worker_.now_ns() >= held->deadline_ns) {
    return;
  }
  hot_keys_.metrics().add(Count::kAudits);
  if (held->resp3 == reply.resp3) return;
  hot_keys_.metrics().add(Count::kStale);
  static metrics::log::RateLimited log(1, std::chrono::minutes(1));
  log.write(metrics::log::Level::kError,
            "the cached reply to a command of {} bytes was not what its shard has: please report",
            reply.order.request.size());
}

void OwnedKeys::fetched(std::shared_ptr<const CachedReply> reply, bool keep,
                        std::vector<FetchWaiter> waiters) {
  keep = keep && account(*reply);
  audit(*reply);
  give_to_workers(std::move(waiters), keep,
                  [reply, keep](HotKeys& hot_keys, const std::vector<Request*>& requests) {
                    hot_keys.install(reply, keep, requests);
                  });
}

void OwnedKeys::not_fetched(const FetchOrder& order, std::vector<FetchWaiter> waiters) {
  give_to_workers(std::move(waiters), false,
                  [order](HotKeys& hot_keys, const std::vector<Request*>& requests) {
                    hot_keys.send_after_all(order, requests);
                  });
}

void OwnedKeys::invalidated(std::string_view key) {
  hot_keys_.metrics().add(Count::kInvalidations);
  shared_.versions.bump(hot_keys_.hash_of(key));
}

}  // namespace slotway::proxy
