// OwnedKeys: what a worker does for the keys of a pool that it owns: it claims their versions, asks
// the shards for them, gives what it has got to all workers, and lets go what nobody reads.
//
// One owner for each key, so that misses on all workers become one fetch. One worker thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/hotkeys/fetch_line.h"
#include "proxy/hotkeys/shared.h"
#include "proxy/hotkeys/standing.h"
#include "wire/slot.h"

namespace slotway::proxy {

class HotKeys;
class Pool;
class ShardConnections;
class Worker;

class OwnedKeys final : public FetchTarget {
 public:
  // The others must outlive this.
  OwnedKeys(Worker& worker, Pool& pool, HotKeysShared& shared, HotKeys& hot_keys);

  // The pool has other settings now.
  void follow_settings();
  const FetchSettings& fetch_settings() const override { return fetch_settings_; }
  // No key is owned any more.
  void let_go();

  // Claims a version for a key that is read so often a second, if there is room, or a key that is
  // read far less gives way, and unless it has changed too often lately. kPinned: a rule wants it
  // cached, however often it is read. The rules of this worker decide: a reload may not have
  // reached the one that asks.
  static constexpr double kPinned = 1e18;
  void own(std::string_view key, uint64_t hash, double rate);
  // Has `waiter` answered by a fetch that is under way; false: there is none.
  bool join(const Asked& asked, FetchWaiter waiter);
  // Has it answered, or given back if the key cannot be fetched.
  void fetch(const FetchOrder& order, FetchWaiter waiter);
  // The same without anybody who waits.
  void refresh(const FetchOrder& order);
  // So many have been served of each, by the index of its cell.
  void count_hits(const std::vector<std::pair<size_t, uint64_t>>& hits);

  // What only the owner of a key knows of it.
  void add_to(KeyStanding& standing, std::string_view key, uint64_t hash) const;

  // About every 100 ms, behind count_hits(): lets go what is not worth it.
  void tick(uint64_t now_ns);

 private:
  struct Owned {
    KeyVersions::Cell* cell;
    bool is_pinned;        // a rule wants it: it gives way to none
    double rate;           // reads a second in the last period, or as it was expected
    uint64_t reads = 0;    // hits, and those that waited for a fetch, in the period that goes on
    uint64_t fetches = 0;  // the same
    uint64_t recent_reads = 0;
    uint64_t recent_fetches = 0;
    unsigned periods = 0;
    unsigned idle_periods = 0;
    size_t too_large = 0;  // bytes of the last reply, if that could not be kept for its size
    std::map<uint64_t, size_t> bytes = {};  // by HotKeys::id_of() of database and command
  };

  bool serves() const override { return !owned_.empty(); }
  bool asks_by(const FetchLine& line, const FetchOrder& order) override {
    return line_for(order.asked()) == &line;
  }
  void fetched(std::shared_ptr<const CachedReply> reply, bool keep,
               std::vector<FetchWaiter> waiters) override;
  void not_fetched(const FetchOrder& order, std::vector<FetchWaiter> waiters) override;
  std::optional<Bumped> invalidated(std::string_view key) override;

  void count_bytes(size_t before, size_t now);
  void compare(const CachedReply& reply);
  void audit(const CachedReply& held, const CachedReply& reply);
  bool account(const CachedReply& reply);
  void disown(size_t index);
  void back_off(uint64_t hash);
  bool make_room(double rate);
  size_t yielding(double rate) const;
  size_t room() const;    // keys
  size_t memory() const;  // bytes
  void rank();
  FetchLine* line_for(wire::Slot slot);
  FetchLine* line_for(const Asked& asked);
  bool count(const Asked& asked, FetchLine::Fetching fetching);
  template <typename Give>
  void give_to_workers(std::vector<FetchWaiter> waiters, bool to_all, Give give);

  Worker& worker_;
  Pool& pool_;
  HotKeysShared& shared_;
  HotKeys& hot_keys_;
  FetchSettings fetch_settings_{};
  std::unordered_map<size_t, Owned> owned_;  // by the index of the cell
  std::vector<size_t> coldest_;              // of these, as of the last tick, the coldest last
  size_t bytes_ = 0;                         // of what was fetched for them
  uint64_t period_began_ns_ = 0;
  // Keys that changed before they were read twice: not again before that time.
  struct BackOff {
    uint64_t until_ns;
    uint64_t pause_ns;
  };
  std::unordered_map<uint64_t, BackOff> back_offs_;  // by hash
};

}  // namespace slotway::proxy
