#include "proxy/hotkeys/hot_keys.h"

#include <algorithm>

#include "proxy/hotkeys/announcer.h"
#include "proxy/hotkeys/rules.h"
#include "proxy/router.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/key_extraction.h"

namespace slotway::proxy {

namespace {

using Count = metrics::HotKeyCount;

constexpr uint64_t kReportNs = 100'000'000;
constexpr uint64_t kHitsPerRefresh = 1000;
constexpr double kLeastReads = 5;     // a second, of a key that is to be cached
constexpr double kReadsPerWrite = 4;  // a fetch costs as much as some reads
constexpr uint64_t kToBeSent = 0;     // in place of the id of an order: to its shard
constexpr size_t kMostNamed = 4096;   // keys of one command; beyond it names all

// Rule R2. `now_ns` was taken after the request had been received; the barrier is looked at before
// the version. `staleness_ns`: how old the proof may be that the shard has nothing new to say.
bool can_be_served(const KeptReply& reply, uint64_t now_ns, uint64_t staleness_ns) {
  const uint64_t barrier_ns = reply.barrier_ns->load(std::memory_order_acquire);
  return by_rule(Rule::kBarrier, now_ns <= barrier_ns + staleness_ns) &&
         by_rule(Rule::kVersion, reply.stamp.holds(*reply.shard)) &&
         by_rule(Rule::kDeadline, now_ns < reply.deadline_ns);
}

}  // namespace

HotKeys::HotKeys(Worker& worker, Pool& pool, HotKeysShared& shared)
    : worker_(worker), pool_(pool), shared_(shared), owned_(worker, pool, shared, *this) {
  if (worker.number() == 0) announcer_ = std::make_unique<Announcer>(worker, pool, shared);
}

// Their sessions are gone: nobody else knows these requests.
HotKeys::~HotKeys() {
  for (const auto& [request, order_id] : waiting_) {
    request->in_upstream = false;
    worker_.requests().release_if_done(request);
  }
}

const config::HotKeys& HotKeys::settings() const { return pool_.settings().hot_keys; }

void HotKeys::follow_settings(bool changed) {
  // What the new ones would not have admitted; the rest comes back.
  if (changed) {
    owned_.let_go();
    candidates_ = {};
  }
  owned_.follow_settings();
  follow_rules();
  if (announcer_) announcer_->follow_settings();
  const hotkeys::Thresholds thresholds{.share = settings().report.share,
                                       .rate = static_cast<double>(settings().report.rate)};
  has_limits_ = settings().detect && settings().has_limits();
  if (has_limits_) shared_.limits.open();
  shared_.redacts.store(settings().redact_keys, std::memory_order_relaxed);
  const bool was_on = is_on();
  if (!settings().detect) {
    detector_.reset();
    counted_updates_ = 0;
  } else if (detector_) {
    detector_->set_thresholds(thresholds);
  } else {
    detector_ = std::make_unique<hotkeys::Detector>(thresholds, worker_.now_ns());
    seen_ = 0;
  }
  if (is_on() != was_on) publish_nothing();
}

void HotKeys::follow_pinned(bool fewer) {
  if (fewer) owned_.let_go();
  candidates_ = {};
  follow_rules();
}

void HotKeys::follow_rules() {
  rules_.follow(shared_.pinned.list(), settings());
  looks_at_all_ = !rules_.empty() || settings().spreads();
}

void HotKeys::forget_hot() {
  if (!detector_) return;
  detector_->reset();
  publish_nothing();
}

// What is known until the next tick: whether it looks for hot keys.
void HotKeys::publish_nothing() {
  hotkeys::Snapshot nothing;
  if (is_on()) nothing.at = worker_.now_ns();
  shared_.reports.publish(worker_.number(), std::move(nothing));
}

Coherence HotKeys::coherence_of(const Shard& shard) const {
  return {shared_.versions, shared_.shards.of(shard.label(), worker_.server().worker_count()),
          detector_};
}

NamedKeys HotKeys::names(const wire::Command& command, wire::Args args) const {
  if (!shared_.versions.in_use()) {
    return command.names_keys ? NamedKeys::all() : NamedKeys::none();
  }
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
                           const wire::Request& request, std::string_view key, NamedKeys& named) {
  sampled_ = 0;
  const uint64_t hash = hash_of(key);
  named = NamedKeys::one(hash);
  Unanswered before;
  if (rule_holds(Rule::kWaitForFetch) && session.fetch_waits() > 0) {
    before = session.unanswered(hash);
  }
  // Rule R0, whatever has become of the key since it was asked for.
  const bool follows = before.fetched;
  const uint64_t order_id = follows ? id_of(request.raw, session.database()) : 0;
  if (follows && !may_follow(session, command, request, before, order_id)) return Way::kWait;
  if (!is_on()) return Way::kForward;
  KeyVersions::Cell* const cell = shared_.versions.find(hash);
  if (!cell) [[likely]] {
    if (follows) return Way::kWait;
    sample(command, key);
    obey_rules(command, key, hash);
    if (!spread_.empty() && spread_.contains(hash)) [[unlikely]]
      return Way::kSpread;
    return Way::kForward;
  }
  if (!follows) {
    kept_.prefetch(shared_.versions.index_of(*cell));
    if (must_forward(session, command, request, hash)) {
      sample(command, key);
      return Way::kForward;
    }
    Kept* const known = kept_.find(shared_.versions.index_of(*cell));
    // The detector hears of it with the others of 100 ms: report_hits().
    if (known && serve(session, command, *known, request.raw)) return Way::kTaken;
  }
  if (!can_be_fetched(key, hash)) {
    if (follows) return Way::kWait;
    metrics().add(Count::kBypassedShard);
    sample(command, key);
    return Way::kForward;
  }
  if (is_over_limit(command, request.args)) return Way::kRefused;
  metrics().add(Count::kMisses);
  sample(command, key);
  forwarded(command, key);
  Request* const waiting = session.expect_fetched(&command, hash);
  waiting_.emplace(waiting, follows ? order_id : id_of(request.raw, session.database()));
  const FetchWaiter waiter{worker_.number(), waiting};
  const size_t owner = owner_of(hash);
  if (is_worker(owner) && owned_.join({cell, hash, key, request.raw, session.database()}, waiter)) {
    return Way::kTaken;
  }
  // A fetch allocates: the key and the command outlive the input.
  FetchOrder order{cell,
                   hash,
                   session.database(),
                   command.spec->null_arrays,
                   std::string(key),
                   std::string(request.raw),
                   !(command.spec->tips & wire::kNondeterministicOutputOrder),
                   rules_.max_ttl_ns(key)};
  at_worker(owner, [order = std::move(order), waiter](HotKeys& hot_keys) {
    hot_keys.owned().fetch(order, waiter);
  });
  return Way::kTaken;
}

// Rule R0, where commands that name the key wait for fetches: whether this one may wait for one,
// too. Fetches of one order are answered in the order in which they were asked for: it gets what
// the one before it gets, or what came later; unless that goes to the shard after all.
bool HotKeys::may_follow(const Session& session, const wire::Command& command,
                         const wire::Request& request, const Unanswered& before,
                         uint64_t order_id) const {
  return command.cacheable && caches() && !request.is_inline && !session.tracking() &&
         !session.transaction() && !before.forwarded &&
         waiting_.at(const_cast<Request*>(before.fetched)) == order_id;
}

// Of a key that has a version.
bool HotKeys::must_forward(Session& session, const wire::Command& command,
                           const wire::Request& request, uint64_t hash) {
  if (!command.cacheable || !caches()) return true;
  if (request.is_inline || session.tracking() ||
      (rule_holds(Rule::kWatched) && session.transaction())) {  // R1
    metrics().add(Count::kBypassedSession);
    return true;
  }
  if (rule_holds(Rule::kFollowWrite) && session.unanswered(hash).forwarded) {  // R0
    metrics().add(Count::kBypassedOrder);
    return true;
  }
  return false;
}

void HotKeys::count(const wire::Command& command, std::string_view key, uint64_t hash) {
  detector_->advance(worker_.now_ns());
  const hotkeys::Noted noted = detector_->note(key, hash, kind_of(command), 0);
  if (noted.delay_ns) [[unlikely]]
    metrics().detection_delay.record(*noted.delay_ns);
  const bool is_read = command.cacheable && noted.reads >= kReadsPerWrite * noted.writes;
  const double reads = is_read && noted.reads >= kLeastReads ? noted.reads : 0;
  const double bar = shared_.entry_rate.load(std::memory_order_relaxed);
  candidates_.note(reads, bar);
  const bool is_hot = noted.hot >> hotkeys::kRequests & 1;
  if (reads == 0 || !(is_hot || (candidates_.pays() && reads >= bar))) return;
  if (caches() && rules_.may_cache(key) && !shared_.versions.find(hash)) propose(key, hash, reads);
}

// Of a key that is not cached.
void HotKeys::obey_rules(const wire::Command& command, std::string_view key, uint64_t hash) {
  if (rules_.empty() || !command.cacheable || !caches()) return;
  if (rules_.must_cache(key)) propose(key, hash, OwnedKeys::kPinned);
}

bool HotKeys::serve(Session& session, const wire::Command& command, Kept& kept,
                    std::string_view bytes) {
  const KeptReply* const reply = kept.find(bytes, session.database());
  if (!reply || !can_be_served(*reply, worker_.now_ns(), owned_.fetch_settings().staleness_ns)) {
    return false;
  }
  const std::string_view text = reply->text.reply(session.protocol());
  ++kept.hits;
  kept.bytes += text.size();
  metrics().add(Count::kHits);
  if (++kept.served % kHitsPerRefresh == 0) [[unlikely]]
    refresh(*reply->whole);
  session.reply_whole(&command, ReplyView(reply->holder, text));
  return true;
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

// Null while a reload has not found who owns it.
const metrics::ShardMetrics* HotKeys::shard_metrics_of(std::string_view key) const {
  const ShardIndex shard = pool_.topology().shard_of_slot(wire::slot_of_key(key));
  return shard < pool_.shards().size() ? &pool_.shard(shard).metrics() : nullptr;
}

void HotKeys::install(const std::shared_ptr<const CachedReply>& reply, bool keep,
                      const std::vector<Request*>& waiting) {
  if (keep) {
    kept_.at(shared_.versions.index_of(*reply->order.cell)).put(reply, worker_.loop().pool());
  }
  const ReplyOrigin origin{.shard = shard_metrics_of(reply->order.key)};
  for (Request* const request : waiting) {
    if (waiting_.at(request) == kToBeSent || is_overtaken(reply->order, request)) {
      send_after_all(reply->order_again(), {request});
      continue;
    }
    if (!leaves_fetch(request)) continue;
    Session& session = *request->session;
    const std::string_view text = reply->text.reply(session.protocol());
    if (is_on()) detector_->note_reply(reply->order.hash, text.size(), 1);
    const ReplyOrigin outer = worker_.set_reply_origin(origin);
    session.answer(request, ReplyView(text));
    worker_.set_reply_origin(outer);
  }
}

// Whether one before it, of the same session and key, goes to the shard after all, and may get
// there later than this fetch did.
bool HotKeys::is_overtaken(const FetchOrder& order, const Request* request) {
  if (!request->session) return false;
  const Unanswered before = request->session->unanswered(order.hash, request);
  return before.forwarded || before.fetched;
}

void HotKeys::send_after_all(const FetchOrder& order, const std::vector<Request*>& waiting) {
  for (Request* const request : waiting) {
    waiting_.at(request) = kToBeSent;
    // And those behind it, whose fetches may have been carried out before this will be.
    Request* later = request->session ? request->next_in_session : nullptr;
    for (; later; later = later->next_in_session) {
      if (later->in_fetch && later->may_name(order.hash)) {
        waiting_.at(later) = kToBeSent;
      }
    }
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
  if (session.unanswered(order.hash, request).fetched) return false;
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

const CachedReply* HotKeys::held(const CachedReply& like) const {
  const Kept* const known = kept_.find(shared_.versions.index_of(*like.order.cell));
  const KeptReply* const same =
      known ? known->find(like.text.request(), like.order.database) : nullptr;
  return same ? same->whole : nullptr;
}

void HotKeys::tell_subscribers(const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    pool_.subscribers().deliver_own(kHotKeysChannel, message);
  }
}

void HotKeys::drop(size_t cell) {
  Kept* const known = kept_.find(cell);
  if (!known) return;
  note_hits(*known);
  kept_.erase(cell);
}

void HotKeys::propose(std::string_view key, uint64_t hash, double reads) {
  if (!candidates_.may_propose(hash, worker_.now_ns())) return;
  at_worker(owner_of(hash), [key = std::string(key), hash, reads](HotKeys& hot_keys) {
    hot_keys.owned().own(key, hash, reads);
  });
}

// Whether its owner can ask for the key now.
bool HotKeys::can_be_fetched(std::string_view key, uint64_t hash) const {
  const ShardIndex shard = pool_.topology().shard_of_slot(wire::slot_of_key(key));
  return shard < Topology::kMoving &&
         pool_.shard(shard).coherence().state().fetches(owner_of(hash));
}

// What is about to be cached soon has a version: pass() finds that first.
void HotKeys::spread_hottest(const hotkeys::Snapshot& snapshot) {
  spread_.clear();
  if (!settings().spreads()) return;
  using Spread = config::HotKeys::Spread;
  for (const hotkeys::HotKey& key : snapshot.keys) {
    if (key.hot == 0 || key.cut || shared_.versions.find(key.hash)) continue;
    const config::HotKeys::Rule* const rule = rules_.of(key.key);
    const Spread spread = rule ? rule->spread.value_or(settings().spread) : settings().spread;
    if (spread == Spread::kReplicas) spread_.insert(key.hash);
  }
}

// The shard sees that the key is in use, and what is served is compared with what it has.
void HotKeys::refresh(const CachedReply& reply) {
  at_worker(owner_of(reply.order.hash),
            [order = reply.order_again()](HotKeys& hot_keys) { hot_keys.owned().refresh(order); });
}

size_t HotKeys::owner_of(uint64_t hash) const {
  return KeyVersions::owner_of(hash, worker_.server().workers().size());
}

bool HotKeys::is_worker(size_t number) const { return number == worker_.number(); }

void HotKeys::post_to(size_t number, std::function<void(HotKeys&)> task) {
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
  if (is_on()) detector_->advance(now_ns);
  const uint64_t hits = report_hits();
  owned_.tick(now_ns);
  hotkeys::Snapshot snapshot;
  if (is_on()) {
    const uint64_t seen = detector_->seen();
    candidates_.settle(seen - std::exchange(seen_, seen) + hits, hits);
    snapshot = detector_->snapshot(now_ns);
    metrics().add(Count::kSketchUpdates,
                  snapshot.updates - std::exchange(counted_updates_, snapshot.updates));
  }
  spread_hottest(snapshot);
  shared_.reports.publish(worker_.number(), std::move(snapshot));
  if (announcer_) announcer_->tick();
}

void HotKeys::note_hits(Kept& kept) {
  const uint64_t hits = std::exchange(kept.hits, 0);
  const uint64_t bytes = std::exchange(kept.bytes, 0);
  const FetchOrder& order = kept.any().order;
  if (is_on() && hits > 0) detector_->note_hits(order.key, order.hash, hits, bytes);
}

// How many there were.
uint64_t HotKeys::report_hits() {
  uint64_t sum = 0;
  const size_t workers = worker_.server().workers().size();
  std::vector<std::vector<std::pair<size_t, uint64_t>>> hits(workers);
  kept_.for_each([&](size_t index, Kept& known) {
    if (known.hits == 0) return;
    sum += known.hits;
    // Not of the cell: its owner may have let go the key, and this one not have heard of it yet.
    const uint64_t hash = known.any().order.hash;
    hits[owner_of(hash)].emplace_back(index, known.hits);
    note_hits(known);
  });
  for (size_t owner = 0; owner < workers; ++owner) {
    if (hits[owner].empty()) continue;
    at_worker(owner, [counted = std::move(hits[owner])](HotKeys& hot_keys) {
      hot_keys.owned().count_hits(counted);
    });
  }
  return sum;
}

}  // namespace slotway::proxy
