// HotKeys: one worker's part of the cache of a pool: what its sessions are served.
//
// A key that was admitted has a version (key_versions.h). A command that only reads one such key is
// answered from the worker's own reference to the cached reply while rule R2 holds, and else waits
// until the key's owner, the worker that its hash says, has fetched it (owned_keys.h) and posted it
// to all workers. The rules, R0 to R4, W, P and B, are those of an exhaustively checked model; none
// is there for safety's sake only.
// Owned by Pool; one worker thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/config.h"
#include "metrics/hot_key_metrics.h"
#include "proxy/hotkeys/cached_reply.h"
#include "proxy/hotkeys/candidates.h"
#include "proxy/hotkeys/cell_map.h"
#include "proxy/hotkeys/detector.h"
#include "proxy/hotkeys/kept_reply.h"
#include "proxy/hotkeys/key_hash.h"
#include "proxy/hotkeys/key_rules.h"
#include "proxy/hotkeys/named_keys.h"
#include "proxy/hotkeys/owned_keys.h"
#include "proxy/hotkeys/shared.h"
#include "proxy/hotkeys/standing.h"
#include "wire/command_table.h"
#include "wire/request_parser.h"

namespace slotway::proxy {

class Announcer;
class Pool;
class Session;
struct Unanswered;
class Worker;

class HotKeys {
 public:
  // `shared` must outlive this.
  HotKeys(Worker& worker, Pool& pool, HotKeysShared& shared);
  HotKeys(const HotKeys&) = delete;
  HotKeys& operator=(const HotKeys&) = delete;
  ~HotKeys();

  bool is_on() const { return detector_ != nullptr; }
  bool caches() const {
    return is_on() && settings().cache.mode != config::HotKeys::Cache::Mode::kOff;
  }
  const config::HotKeys& settings() const;
  // The pool has other settings now; `changed`: of hot keys, too.
  void follow_settings(bool changed);
  // Other patterns are pinned now; `fewer`: some are not any more.
  void follow_pinned(bool fewer);
  // What was found hot is forgotten; what is cached stays so while it is read.
  void forget_hot();
  // What the connections to a shard do for the caches of all workers.
  Coherence coherence_of(const Shard& shard) const;
  OwnedKeys& owned() { return owned_; }
  const KeyRules& rules() const { return rules_; }
  // Whether it pays to cache more than what is hot.
  bool pays() const { return candidates_.pays(); }

  uint64_t hash_of(std::string_view key) const { return key_hash(key, shared_.seed); }
  // Of the bytes of a command in a database.
  uint64_t id_of(std::string_view request, uint8_t database) const {
    return key_hash(request, shared_.seed + database);
  }
  // Whether anything is cached, so that requests have to say what they name.
  bool names_matter() const { return shared_.versions.in_use(); }
  // The keys that the command names; while nothing is cached, any.
  NamedKeys names(const wire::Command& command, wire::Args args) const;

  // What becomes of a command that names this one key.
  enum class Way : uint8_t {
    kForward,  // it goes to the shard
    kSpread,   // the same, or to a replica of it
    kTaken,    // it was answered, or will be
    kWait,     // not before nothing of the session is unanswered (rule R0)
    kRefused,  // with kOverLimit
  };
  // Whether pass() has anything to say but kForward of a session that waits for no fetch.
  bool may_serve() const { return shared_.versions.in_use() || looks_at_all_; }
  // Requires is_on(), or that something of the session waits for a fetch. `named` is what it names
  // if it is to be forwarded.
  Way pass(Session& session, const wire::Command& command, const wire::Request& request,
           std::string_view key, NamedKeys& named);
  // Requires is_on(). In place of pass(), or by it: for the detector.
  void sample(const wire::Command& command, std::string_view key) {
    sampled_ = 0;
    if (!detector_->take()) [[likely]]
      return;
    sampled_ = hash_of(key);
    detector_->prefetch(sampled_, kind_of(command));
  }
  // Behind either, for a command that is to be forwarded: with its keys it carries what its reply
  // is to be noted by.
  void mark_sampled(NamedKeys& named) const {
    if (sampled_ != 0) named = NamedKeys::one(sampled_, detector_->weight());
  }
  // When it has been forwarded, or is about to be fetched.
  void forwarded(const wire::Command& command, std::string_view key) {
    if (sampled_ != 0) [[unlikely]]
      count(command, key, sampled_);
  }

  // To be asked once for each command that will reach a shard, just before that: whether one of its
  // keys is asked for too often by the rules. If not, it counts for all of them.
  bool is_over_limit(const wire::Command& command, wire::Args args) {
    return has_limits_ && !count_within_limits(command, args);
  }
  static constexpr std::string_view kOverLimit = "ERR hot key rate limit";

  // From an owner: what it has fetched; what is not cached any more, by the index of its cell.
  void install(const std::shared_ptr<const CachedReply>& reply, bool keep,
               const std::vector<Request*>& waiting);
  void send_after_all(const FetchOrder& order, const std::vector<Request*>& waiting);
  void drop(size_t cell);
  // From the announcer.
  void tell_subscribers(const std::vector<std::string>& messages);

  // Runs `task(HotKeys&)` for this pool on the worker of that number: here at once, elsewhere soon.
  template <typename Task>
  void at_worker(size_t number, Task task) {
    if (is_worker(number)) return task(*this);
    post_to(number, std::move(task));
  }
  size_t owner_of(uint64_t hash) const;

  // For operators; on a worker whose clock has just been read.
  KeyStanding standing(std::string_view key) const;

  // What this worker would serve, if it still holds; null if it has none.
  const CachedReply* held(const CachedReply& like) const;
  metrics::HotKeyMetrics& metrics();

  // Every few milliseconds.
  void tick(uint64_t now_ns);

 private:
  static hotkeys::Kind kind_of(const wire::Command& command) {
    return command.spec->flags & wire::kWrite ? hotkeys::Kind::write : hotkeys::Kind::read;
  }
  bool is_worker(size_t number) const;
  void post_to(size_t number, std::function<void(HotKeys&)> task);
  bool can_be_fetched(std::string_view key, uint64_t hash) const;
  bool count_within_limits(const wire::Command& command, wire::Args args);
  // What the key's rule says; nothing if that is no limit.
  std::optional<RateLimits::Limited> limited(RateLimits::Kind kind, std::string_view key) const;
  bool must_forward(Session& session, const wire::Command& command, const wire::Request& request,
                    uint64_t hash);
  void count(const wire::Command& command, std::string_view key, uint64_t hash);
  // Has the key cached from now on, if its owner finds room for one that is read so often a second.
  void publish_nothing();
  void propose(std::string_view key, uint64_t hash, double reads);
  void follow_rules();
  void obey_rules(const wire::Command& command, std::string_view key, uint64_t hash);
  void spread_hottest(const hotkeys::Snapshot& snapshot);
  bool serve(Session& session, const wire::Command& command, Kept& kept, std::string_view bytes);
  void refresh(const CachedReply& reply);
  bool try_to_send(const FetchOrder& order, Request* request);
  bool may_follow(const Session& session, const wire::Command& command,
                  const wire::Request& request, const Unanswered& before, uint64_t order_id) const;
  bool is_overtaken(const FetchOrder& order, const Request* request);
  bool leaves_fetch(Request* request);
  const metrics::ShardMetrics* shard_metrics_of(std::string_view key) const;
  uint64_t report_hits();
  void note_hits(Kept& kept);

  Worker& worker_;
  Pool& pool_;
  HotKeysShared& shared_;
  CellMap<Kept> kept_;
  std::unordered_map<Request*, uint64_t> waiting_;  // for a fetch: the ids of their orders
  KeyRules rules_;
  uint64_t reported_ns_ = 0;
  uint64_t counted_updates_ = 0;  // of the detector's sketches, in the metrics already
  std::unique_ptr<hotkeys::Detector> detector_;  // null while it is off
  uint64_t sampled_ =
      0;  // the hash of the key that pass() was last asked about; 0: not to be noted
  Candidates candidates_;
  uint64_t seen_ = 0;                    // of the detector, at the last tick
  bool looks_at_all_ = false;            // there are rules, or keys may be spread
  bool has_limits_ = false;              // and it is on
  std::unordered_set<uint64_t> spread_;  // hot keys that are not cached, by hash
  OwnedKeys owned_;
  std::unique_ptr<Announcer> announcer_;  // of the first worker
};

}  // namespace slotway::proxy
