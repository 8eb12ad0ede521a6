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
constexpr size_t kGiveWay = 64;        // keys, at most, between two ticks
constexpr unsigned kFirstPeriods = 3;  // in which a key is not judged
constexpr uint64_t kFewFetches = 4;    // of a period: too few to judge by
constexpr uint64_t kReadsPerFetch =
    4;  // which costs the shard as much as some; else it does not pay
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

void OwnedKeys::follow_settings() {
  const config::HotKeys::Cache& cache = hot_keys_.settings().cache;
  using Mode = config::HotKeys::Cache::Mode;
  // What is being fetched when the cache is switched off still comes.
  if (cache.mode != Mode::kOff) fetch_settings_.is_tracked = cache.mode == Mode::kTracked;
  fetch_settings_.staleness_ns = ns(cache.staleness);
  fetch_settings_.patience_ns = ns(pool_.settings().timeouts.request) / 2;
  fetch_settings_.max_reply = cache.max_reply;
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

void OwnedKeys::own(std::string_view key, uint64_t hash, double rate) {
  const KeyRules& rules = hot_keys_.rules();
  const bool is_wanted = rate == kPinned ? rules.must_cache(key) : rules.may_cache(key);
  if (!hot_keys_.caches() || !is_wanted) return;  // any more
  const FetchLine* const line = line_for(wire::slot_of_key(key));
  if (!line || line->is_refused() || shared_.versions.find(hash)) return;
  const auto back_off = back_offs_.find(hash);
  if (back_off != back_offs_.end() && worker_.now_ns() < back_off->second.until_ns) return;
  if (owned_.size() >= room() && !make_room(rate)) return;
  KeyVersions::Cell* const cell = shared_.versions.claim(hash);
  if (!cell) return;
  owned_.emplace(shared_.versions.index_of(*cell),
                 Owned{.cell = cell, .is_pinned = rate == kPinned, .rate = rate});
  hot_keys_.metrics().add(Count::kAdmitted);
  hot_keys_.metrics().keys.add();
}

size_t OwnedKeys::room() const {
  return std::max<size_t>(1,
                          hot_keys_.settings().cache.entries / worker_.server().workers().size());
}

size_t OwnedKeys::memory() const {
  return hot_keys_.settings().cache.memory / worker_.server().workers().size();
}

bool OwnedKeys::make_room(double rate) {
  while (!coldest_.empty()) {
    const auto coldest = owned_.find(coldest_.back());
    if (coldest != owned_.end() && coldest->second.rate * kMuchHotter > rate) return false;
    coldest_.pop_back();
    if (coldest == owned_.end()) continue;  // it has left since
    disown(coldest->first);
    return true;
  }
  return false;
}

// Bytes of those that give way to a key that is read so often.
size_t OwnedKeys::yielding(double rate) const {
  size_t sum = 0;
  for (auto each = coldest_.rbegin(); each != coldest_.rend(); ++each) {
    const auto at = owned_.find(*each);
    if (at == owned_.end()) continue;
    if (at->second.rate * kMuchHotter > rate) break;
    for (const auto& [id, bytes] : at->second.bytes) sum += bytes;
  }
  return sum;
}

// Who would give way, and to whom.
void OwnedKeys::rank() {
  coldest_.clear();
  double bar = 0;
  const bool is_full = owned_.size() >= room();
  if (is_full || bytes_ >= memory() / 2) {
    for (const auto& [index, owned] : owned_) {
      if (!owned.is_pinned) coldest_.push_back(index);
    }
    const auto colder = [this](size_t a, size_t b) {
      return owned_.at(a).rate < owned_.at(b).rate;
    };
    const size_t count = std::min(kGiveWay, coldest_.size());
    std::ranges::partial_sort(coldest_, coldest_.begin() + static_cast<ptrdiff_t>(count), colder);
    coldest_.resize(count);
    std::ranges::reverse(coldest_);
    if (is_full) bar = coldest_.empty() ? kPinned : owned_.at(coldest_.back()).rate * kMuchHotter;
  }
  shared_.entry_rate.store(bar, std::memory_order_relaxed);
}

void OwnedKeys::back_off(uint64_t hash) {
  if (back_offs_.size() >= kMaxBackOffs) back_offs_.clear();
  BackOff& entry = back_offs_[hash];
  entry.pause_ns = std::clamp(2 * entry.pause_ns, kShortestBackOffNs, kLongestBackOffNs);
  entry.until_ns = worker_.now_ns() + entry.pause_ns;
}

void OwnedKeys::disown(size_t index) {
  const auto at = owned_.find(index);
  for (const auto& [id, bytes] : at->second.bytes) count_bytes(bytes, 0);
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
    if (at != owned_.end()) at->second.reads += count;
  }
}

void OwnedKeys::tick(uint64_t now_ns) {
  const double seconds = static_cast<double>(now_ns - period_began_ns_) / 1e9;
  period_began_ns_ = now_ns;
  std::vector<size_t> leaving;
  // Unless the cache pays as a whole, it is for what is hot.
  const double least =
      hot_keys_.pays() ? 0 : static_cast<double>(hot_keys_.settings().report.rate) / 4;
  for (auto& [index, owned] : owned_) {
    // Other workers report as often as this looks: some hits come a period late.
    owned.recent_reads = owned.recent_reads * 3 / 4 + owned.reads;
    owned.recent_fetches = owned.recent_fetches * 3 / 4 + owned.fetches;
    const bool pays = ++owned.periods < kFirstPeriods || owned.recent_fetches < kFewFetches ||
                      owned.recent_reads >= kReadsPerFetch * owned.recent_fetches;
    if (!pays) hot_keys_.metrics().add(Count::kBackedOff);
    if (!pays) back_off(owned.cell->hash.load(std::memory_order_relaxed));
    owned.rate += (static_cast<double>(owned.reads) / seconds - owned.rate) / 4;
    owned.idle_periods = owned.reads == 0 ? owned.idle_periods + 1 : 0;
    owned.reads = owned.fetches = 0;
    const bool is_lukewarm =
        owned.rate < least && !owned.is_pinned && owned.periods >= kFirstPeriods;
    const bool is_idle = pays && (owned.idle_periods >= kIdlePeriods || is_lukewarm);
    if (is_idle) hot_keys_.metrics().add(Count::kEvicted);
    if (!pays || is_idle) leaving.push_back(index);
  }
  for (const size_t index : leaving) disown(index);
  rank();
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

// Null if it has been let go, or admitted anew, since it was ordered; or if no shard has it.
FetchLine* OwnedKeys::line_for(const Asked& asked) {
  const bool is_owned = asked.cell->hash.load(std::memory_order_relaxed) == asked.hash;
  return is_owned ? line_for(wire::slot_of_key(asked.key)) : nullptr;
}

bool OwnedKeys::join(const Asked& asked, FetchWaiter waiter) {
  FetchLine* const line = line_for(asked);
  return line && count(asked, line->join(asked, waiter));
}

void OwnedKeys::fetch(const FetchOrder& order, FetchWaiter waiter) {
  const Asked asked = order.asked();
  FetchLine* const line = line_for(asked);
  if (line && count(asked, line->fetch(order, waiter))) return;
  hot_keys_.metrics().add(Count::kNotFetched);
  not_fetched(order, {waiter});
}

// Whether it can be waited for.
bool OwnedKeys::count(const Asked& asked, FetchLine::Fetching fetching) {
  if (fetching == FetchLine::Fetching::kImpossible) return false;
  Owned& owned = owned_.at(shared_.versions.index_of(*asked.cell));
  ++owned.reads;
  if (fetching == FetchLine::Fetching::kStarted) ++owned.fetches;
  return true;
}

void OwnedKeys::refresh(const FetchOrder& order) {
  if (FetchLine* const line = line_for(order.asked())) line->refresh(order);
}

// False: there is no room for it.
bool OwnedKeys::account(const CachedReply& reply) {
  const FetchOrder& order = reply.order;
  const auto at = owned_.find(shared_.versions.index_of(*order.cell));
  if (at == owned_.end() || order.cell->hash.load(std::memory_order_relaxed) != order.hash) {
    return false;
  }
  auto& all = at->second.bytes;
  const uint64_t id = hot_keys_.id_of(reply.text.request(), order.database);
  size_t& bytes = all[id];
  const auto fits = [&] { return bytes_ - bytes + reply.bytes() <= memory(); };
  const double rate = at->second.rate;
  // None gives way to what would not fit even then.
  if (!fits() && bytes_ - bytes + reply.bytes() <= memory() + yielding(rate)) {
    while (!fits() && make_room(rate)) {
    }
  }
  if (!fits() || all.size() > kMaxCommands) {
    if (bytes == 0) all.erase(id);
    return false;
  }
  count_bytes(bytes, reply.bytes());
  bytes = reply.bytes();
  return true;
}

void OwnedKeys::count_bytes(size_t before, size_t now) {
  bytes_ += now - before;
  // The worker counts for all its pools.
  hot_keys_.metrics().bytes.add(static_cast<int64_t>(now) - static_cast<int64_t>(before));
}

// What was served until now, next to what the shard has.
void OwnedKeys::compare(const CachedReply& reply) {
  const CachedReply* const held = hot_keys_.held(reply);
  if (!held || held->stamp.version != reply.stamp.version ||
      held->stamp.epoch != reply.stamp.epoch || !reply.stamp.holds(*reply.shard)) {
    return;
  }
  if (fetch_settings_.is_tracked) return audit(*held, reply);
  // Nobody else says so: before anyone sees it, all workers let go what was there before.
  if (held->text.resp3() != reply.text.resp3()) KeyVersions::bump(*reply.order.cell);
}

// No version has changed in between, so nothing else may have.
void OwnedKeys::audit(const CachedReply& held, const CachedReply& reply) {
  if (!reply.order.has_stable_order || worker_.now_ns() >= held.deadline_ns) return;
  hot_keys_.metrics().add(Count::kAudits);
  if (held.text.resp3() == reply.text.resp3()) return;
  hot_keys_.metrics().add(Count::kStale);
  static metrics::log::RateLimited log(1, std::chrono::minutes(1));
  log.write(metrics::log::Level::kError,
            "the cached reply to a command of {} bytes was not what its shard has: please report",
            reply.text.request_size);
}

void OwnedKeys::fetched(std::shared_ptr<const CachedReply> reply, bool keep,
                        std::vector<FetchWaiter> waiters) {
  const size_t size = reply->text.resp3().size();
  const auto owned = owned_.find(shared_.versions.index_of(*reply->order.cell));
  if (owned != owned_.end()) owned->second.too_large = size > fetch_settings_.max_reply ? size : 0;
  keep = keep && account(*reply);
  compare(*reply);
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

std::optional<FetchTarget::Bumped> OwnedKeys::invalidated(std::string_view key) {
  hot_keys_.metrics().add(Count::kInvalidations);
  KeyVersions::Cell* const cell = shared_.versions.find(hot_keys_.hash_of(key));
  if (!cell) return std::nullopt;
  return Bumped{cell, KeyVersions::bump(*cell)};
}

}  // namespace slotway::proxy
