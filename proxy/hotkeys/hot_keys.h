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
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/config.h"
#include "metrics/hot_key_metrics.h"
#include "proxy/hotkeys/cached_reply.h"
#include "proxy/hotkeys/cell_map.h"
#include "proxy/hotkeys/detector.h"
#include "proxy/hotkeys/key_hash.h"
#include "proxy/hotkeys/named_keys.h"
#include "proxy/hotkeys/owned_keys.h"
#include "proxy/hotkeys/shared.h"
#include "wire/command_table.h"
#include "wire/request_parser.h"

namespace slotway::proxy {

class Pool;
class Session;
class Worker;

class HotKeys {
 public:
  // `shared` must outlive this.
  HotKeys(Worker& worker, Pool& pool, HotKeysShared& shared);
  HotKeys(const HotKeys&) = delete;
  HotKeys& operator=(const HotKeys&) = delete;
  ~HotKeys();

  bool is_on() const { return settings_.detect; }
  bool caches() const {
    return is_on() && settings_.cache.mode == config::HotKeys::Cache::Mode::kTracked;
  }
  void use(const config::HotKeys& settings, const config::Timeouts& timeouts);
  OwnedKeys& owned() { return owned_; }

  uint64_t hash_of(std::string_view key) const { return key_hash(key, shared_.seed); }
  // The keys that the command names.
  NamedKeys names(const wire::Command& command, wire::Args args) const;

  // What becomes of a command that names this one key.
  enum class Way : uint8_t {
    kForward,  // it goes to the shard
    kTaken,    // it was answered, or will be
    kWait,     // not before nothing of the session is unanswered (rule R0)
  };
  Way pass(Session& session, const wire::Command& command, const wire::Request& request,
           std::string_view key, uint64_t hash);

  // Has the key cached from now on, if its owner finds room for one that is read so often a second.
  void admit(std::string_view key, uint64_t hash, double rate);

  // From an owner: what it has fetched; what is not cached any more, by the index of its cell.
  void install(const std::shared_ptr<const CachedReply>& reply, bool keep,
               const std::vector<Request*>& waiting);
  void send_after_all(const FetchOrder& order, const std::vector<Request*>& waiting);
  void drop(size_t cell);

  // Runs `task(HotKeys&)` for this pool on the worker of that number: here at once, elsewhere soon.
  void at_worker(size_t number, std::function<void(HotKeys&)> task);
  size_t owner_of(uint64_t hash) const;

  // What this worker would serve, if it still holds; null if it has none.
  const CachedReply* held(const FetchOrder& order) const;
  metrics::HotKeyMetrics& metrics();

  // Every few milliseconds.
  void tick(uint64_t now_ns);

 private:
  struct Variant {
    std::shared_ptr<const CachedReply> reply;
    uint64_t hits = 0;
  };
  // What this worker holds of a key: replies to different commands.
  struct Kept {
    std::vector<Variant> variants;
    uint64_t hits = 0;  // that the owner has not been told of
  };

  bool can_be_fetched(std::string_view key, uint64_t hash) const;
  uint64_t max_ttl_ns(std::string_view key) const;
  bool may_cache(std::string_view key) const;
  const config::HotKeys::Rule* rule_of(std::string_view key) const;
  void count(const wire::Command& command, std::string_view key, uint64_t hash);
  void consider(const wire::Command& command, std::string_view key, uint64_t hash);
  void admit_hottest(const hotkeys::Snapshot& snapshot);
  bool serve(Session& session, const wire::Command& command, Kept& kept, std::string_view bytes);
  void refresh(const CachedReply& reply);
  bool try_to_send(const FetchOrder& order, Request* request);
  bool leaves_fetch(Request* request);
  void report_hits();

  Worker& worker_;
  Pool& pool_;
  HotKeysShared& shared_;
  config::HotKeys settings_;
  uint64_t staleness_ns_ = 0;
  CellMap<Kept> kept_;
  std::unordered_set<Request*> waiting_;  // for a fetch
  uint64_t reported_ns_ = 0;
  std::unique_ptr<hotkeys::Detector> detector_;  // null while it is off
  OwnedKeys owned_;
};

}  // namespace slotway::proxy
