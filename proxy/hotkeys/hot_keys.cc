#include "proxy/hotkeys/hot_keys.h"

#include <algorithm>

#include "proxy/router.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/glob.h"
#include "wire/key_extraction.h"

namespace slotway::proxy {

namespace {

using Count = metrics::HotKeyCount;

constexpr uint64_t kReportNs = 100'000'000;
constexpr uint64_t kHitsPerRefresh = 1000;
constexpr double kLeastReads = 5;     // a second, of a key that is to be cached
constexpr double kReadsPerWrite = 4;  // a fetch costs as much as some reads
constexpr double kPinned = 1e18;      // a rate: hotter than any other
constexpr size_t kMostNamed = 4096;   // keys of one command; beyond it names all

}  // namespace

HotKeys::HotKeys(Worker& worker, Pool& pool, HotKeysShared& shared)
    : worker_(worker), pool_(pool), shared_(shared), owned_(worker, pool, shared, *this) {}

// Their sessions are gone: nobody else knows these requests.
HotKeys::~HotKeys() {
  for (Request* const request : waiting_) {
    request->in_upstream = false;
    worker_.requests().release_if_done(request);
  }
}

void HotKeys::use(const config::HotKeys& settings, const config::Timeouts& timeouts) {
  // What the new ones would not have admitted; the rest comes back.
  if (settings != settings_) owned_.let_go();
  settings_ = settings;
  staleness_ns_ = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(settings.cache.staleness).count());
  owned_.use(settings, timeouts);
  const hotkeys::Thresholds thresholds{.share = settings.report.share,
                                       .rate = static_cast<double>(settings.report.rate)};
  if (!settings.detect) {
    detector_.reset();
  } else if (detector_) {
    detector_->set_thresholds(thresholds);
  } else {
    detector_ = std::make_unique<hotkeys::Detector>(thresholds, worker_.now_ns());
  }
}

NamedKeys HotKeys::names(const wire::Command& command, wire::Args args) const {
  if (command.plain_keys) {
    const wire::PlainKeyPositions keys = wire::plain_key_positions(command, args.size());
    if (keys.first == keys.last) return NamedKeys::one(hash_of(args[keys.first]));
  }
  if (!command.names_keys) return NamedKeys::none();
  if (command.names_others) return NamedKeys::all();
  std::vector<wire::KeyPosition>& keys = worker_.key_positions();
  if (wire::extract_keys(*command.spec, args, keys) != wire::KeyExtraction::kOk ||
      keys.size() > kMostNamed) {
    return NamedKeys::all();
  }
  std::vector<uint64_t> hashes;
  for (const wire::KeyPosition& key : keys) hashes.push_back(hash_of(args[key.index]));
  return hashes.size() == 1 ? NamedKeys::one(hashes.front()) : NamedKeys::many(std::move(hashes));
}

// ---- for sessions

HotKeys::Way HotKeys::pass(Session& session, const wire::Command& command,
                           const wire::Request& request, std::string_view key, uint64_t hash) {
  // Rule R0, whatever has become of the key since it was asked for.
  if (session.fetch_waits() > 0 && session.unanswered(hash) == Session::Unanswered::kFetched)
      [[unlikely]] {
    return Way::kWait;
  }
  if (!is_on()) return Way::kForward;
  KeyVersions::Cell* const cell = shared_.versions.find(hash);
  if (!cell) [[likely]] {
    consider(command, key, hash);
    return Way::kForward;
  }
  if (detector_->take()) [[unlikely]]
    count(command, key, hash);
  if (!command.cacheable || !caches()) return Way::kForward;
  if (request.is_inline || session.transaction() || session.tracking()) {  // R1
    metrics().add(Count::kBypassedSession);
    return Way::kForward;
  }
  if (session.unanswered(hash) == Session::Unanswered::kForwarded) {  // R0
    metrics().add(Count::kBypassedOrder);
    return Way::kForward;
  }
  Kept* const known = kept_.find(shared_.versions.index_of(*cell));
  if (known && serve(session, command, *known, request.raw)) return Way::kTaken;
  if (!can_be_fetched(key, hash)) {
    metrics().add(Count::kBypassedShard);
    return Way::kForward;
  }
  metrics().add(Count::kMisses);
  // A miss allocates: the key and the command outlive the input.
  Request* const waiting = session.expect_fetched(&command, hash);
  waiting_.insert(waiting);
  FetchOrder order{cell,
                   hash,
                   session.database(),
                   command.spec->null_arrays,
                   std::string(key),
                   std::string(request.raw),
                   !(command.spec->tips & wire::kNondeterministicOutputOrder),
                   max_ttl_ns(key)};
  const FetchWaiter waiter{worker_.number(), waiting};
  at_worker(owner_of(hash), [order = std::move(order), waiter](HotKeys& hot_keys) {
    hot_keys.owned().fetch(order, waiter);
  });
  return Way::kTaken;
}

const config::HotKeys::Rule* HotKeys::rule_of(std::string_view key) const {
  for (const config::HotKeys::Rule& rule : settings_.rules) {
    if (wire::glob_match(rule.match, key)) return &rule;
  }
  return nullptr;
}

void HotKeys::count(const wire::Command& command, std::string_view key, uint64_t hash) {
  using hotkeys::Kind;
  detector_->advance(worker_.now_ns());
  const Kind kind = command.spec->flags & wire::kWrite ? Kind::write : Kind::read;
  const uint8_t news = detector_->note(key, hash, kind, 0);
  // At once: the next snapshot is up to 100 ms away.
  if (news >> hotkeys::kRequests & 1 && command.cacheable && may_cache(key)) {
    admit(key, hash, static_cast<double>(settings_.report.rate));
  }
}

// Of a key that is not cached.
void HotKeys::consider(const wire::Command& command, std::string_view key, uint64_t hash) {
  if (detector_->take()) count(command, key, hash);
  if (settings_.rules.empty() || !command.cacheable || !caches()) return;
  const config::HotKeys::Rule* const rule = rule_of(key);
  if (rule && rule->cache == config::HotKeys::Rule::Cache::kAlways) {
    admit(key, hash, kPinned);
  }
}

bool HotKeys::serve(Session& session, const wire::Command& command, Kept& kept,
                    std::string_view bytes) {
  for (Variant& variant : kept.variants) {
    const CachedReply& reply = *variant.reply;
    if (!reply.order.is(bytes, session.database())) continue;
    if (!reply.can_be_served(worker_.now_ns(), staleness_ns_)) return false;
    ++kept.hits;
    metrics().add(Count::kHits);
    if (++variant.hits % kHitsPerRefresh == 0) [[unlikely]]
      refresh(reply);
    session.reply_bytes(&command, reply.reply(session.protocol()));
    return true;
  }
  return false;
}

metrics::HotKeyMetrics& HotKeys::metrics() { return worker_.metrics().hot_keys; }

bool HotKeys::leaves_fetch(Request* request) {
  waiting_.erase(request);
  request->in_fetch = false;
  request->in_upstream = false;
  if (request->session) {
    request->session->end_fetch_wait();
    return true;
  }
  worker_.requests().release_if_done(request);
  return false;
}

void HotKeys::install(const std::shared_ptr<const CachedReply>& reply, bool keep,
                      const std::vector<Request*>& waiting) {
  if (keep) {
    Kept& known = kept_.at(shared_.versions.index_of(*reply->order.cell));
    // Those of an earlier version will not be served any more.
    std::erase_if(known.variants, [&](const Variant& each) {
      return each.reply->order.is_same(reply->order) ||
             each.reply->stamp.version != reply->stamp.version;
    });
    known.variants.push_back({reply});
  }
  for (Request* const request : waiting) {
    if (!leaves_fetch(request)) continue;
    Session& session = *request->session;
    session.answer(request, ReplyView(reply->reply(session.protocol())));
  }
}

void HotKeys::send_after_all(const FetchOrder& order, const std::vector<Request*>& waiting) {
  for (Request* const request : waiting) {
    worker_.try_until_done([this, order, request] { return try_to_send(order, request); });
  }
}

// False: again later.
bool HotKeys::try_to_send(const FetchOrder& order, Request* request) {
  if (!request->session) {
    leaves_fetch(request);
    return true;
  }
  Session& session = *request->session;
  const ShardIndex shard = pool_.topology().shard_of_slot(wire::slot_of_key(order.key));
  Destination destination{Destination::State::kNotServed};
  if (shard == Topology::kMoving) return false;
  if (shard != Topology::kNoShard) destination = find_destination(session, pool_.shard(shard));
  if (destination.hold()) return false;
  leaves_fetch(request);
  if (!destination.ready()) {
    worker_.deliver_error(request, destination.error());
    return true;
  }
  destination.upstream->output().append(order.request);
  destination.upstream->push(request);
  return true;
}

const CachedReply* HotKeys::held(const FetchOrder& order) const {
  const Kept* const known = kept_.find(shared_.versions.index_of(*order.cell));
  if (!known) return nullptr;
  const auto same = std::ranges::find_if(
      known->variants, [&](const Variant& each) { return each.reply->order.is_same(order); });
  return same == known->variants.end() ? nullptr : same->reply.get();
}

void HotKeys::drop(size_t cell) { kept_.erase(cell); }

uint64_t HotKeys::max_ttl_ns(std::string_view key) const {
  const config::HotKeys::Rule* const rule = settings_.rules.empty() ? nullptr : rule_of(key);
  const bool is_shorter = rule && rule->max_ttl > std::chrono::milliseconds(0);
  const std::chrono::nanoseconds ttl = is_shorter ? rule->max_ttl : settings_.cache.max_ttl;
  return static_cast<uint64_t>(ttl.count());
}

bool HotKeys::may_cache(std::string_view key) const {
  if (!caches()) return false;
  const config::HotKeys::Rule* const rule = settings_.rules.empty() ? nullptr : rule_of(key);
  return !rule || rule->cache != config::HotKeys::Rule::Cache::kNever;
}

void HotKeys::admit(std::string_view key, uint64_t hash, double rate) {
  at_worker(owner_of(hash), [hash, slot = wire::slot_of_key(key), rate](HotKeys& hot_keys) {
    hot_keys.owned().own(hash, slot, rate);
  });
}

// Whether its owner can ask for the key now.
bool HotKeys::can_be_fetched(std::string_view key, uint64_t hash) const {
  const ShardIndex shard = pool_.topology().shard_of_slot(wire::slot_of_key(key));
  return shard < Topology::kMoving &&
         pool_.shard(shard).coherence().state().fetches(owner_of(hash));
}

// By rank, while there is room, as far as the hits exceed the cost of the fetches.
void HotKeys::admit_hottest(const hotkeys::Snapshot& snapshot) {
  if (!caches()) return;
  for (const hotkeys::HotKey& key : snapshot.keys) {
    const double reads = key.requests - key.writes;
    if (reads < kLeastReads || reads < kReadsPerWrite * key.writes || key.cut) continue;
    if (!shared_.versions.find(key.hash) && may_cache(key.key)) admit(key.key, key.hash, reads);
  }
}

// The shard sees that the key is in use, and what is served is compared with what it has.
void HotKeys::refresh(const CachedReply& reply) {
  at_worker(owner_of(reply.order.hash),
            [order = reply.order](HotKeys& hot_keys) { hot_keys.owned().refresh(order); });
}

size_t HotKeys::owner_of(uint64_t hash) const {
  return KeyVersions::owner_of(hash, worker_.server().workers().size());
}

void HotKeys::at_worker(size_t number, std::function<void(HotKeys&)> task) {
  if (number == worker_.number()) return task(*this);
  Worker* const worker = worker_.server().workers()[number].get();
  worker->loop().post([worker, pool = pool_.settings().name, task = std::move(task)] {
    worker->read_clock();
    if (Pool* const there = worker->pool_named(pool)) task(there->hot_keys());
  });
}

// ---- time

void HotKeys::tick(uint64_t now_ns) {
  if (now_ns < reported_ns_ + kReportNs) return;
  reported_ns_ = now_ns;
  report_hits();
  owned_.tick(now_ns);
  if (is_on()) admit_hottest(detector_->snapshot(now_ns));
}

void HotKeys::report_hits() {
  const size_t workers = worker_.server().workers().size();
  std::vector<std::vector<std::pair<size_t, uint64_t>>> hits(workers);
  kept_.for_each([&](size_t index, Kept& known) {
    if (known.hits == 0) return;
    hits[owner_of(shared_.versions.hash_at(index))].emplace_back(index,
                                                                 std::exchange(known.hits, 0));
  });
  for (size_t owner = 0; owner < workers; ++owner) {
    if (hits[owner].empty()) continue;
    at_worker(owner, [counted = std::move(hits[owner])](HotKeys& hot_keys) {
      hot_keys.owned().count_hits(counted);
    });
  }
}

}  // namespace slotway::proxy
