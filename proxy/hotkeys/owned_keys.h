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

#include "config/config.h"
#include "proxy/hotkeys/fetch_line.h"
#include "proxy/hotkeys/shared.h"
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

  void use(const config::HotKeys& settings, const config::Timeouts& timeouts);
  // No key is owned any more.
  void let_go();

  // Claims a version for a key that is read so often a second, if there is room, or a key that is
  // read far less gives way, and unless it has changed too often lately.
  void own(uint64_t hash, wire::Slot slot, double rate);
  // Has `waiter` answered, or given back if the key cannot be fetched.
  void fetch(const FetchOrder& order, FetchWaiter waiter);
  // The same without anybody who waits.
  void refresh(const FetchOrder& order);
  // So many have been served of each, by the index of its cell.
  void count_hits(const std::vector<std::pair<size_t, uint64_t>>& hits);

  // About every 100 ms, behind count_hits(): lets go what is not worth it.
  void tick(uint64_t now_ns);

 private:
  struct Owned {
    KeyVersions::Cell* cell;
    double rate;           // hits a second in the last period, or as it was expected
    uint64_t hits = 0;     // in the period that goes on
    uint64_t fetches = 0;  // the same
    uint64_t recent_hits = 0;
    uint64_t recent_fetches = 0;
    unsigned periods = 0;
    unsigned idle_periods = 0;
    std::map<std::pair<uint8_t, std::string>, size_t> bytes = {};  // by database and command
  };

  const FetchSettings& fetch_settings() const override { return fetch_settings_; }
  bool serves() const override { return !owned_.empty(); }
  void fetched(std::shared_ptr<const CachedReply> reply, bool keep,
               std::vector<FetchWaiter> waiters) override;
  void not_fetched(const FetchOrder& order, std::vector<FetchWaiter> waiters) override;
  void invalidated(std::string_view key) override;

  void count_bytes(size_t before, size_t now);
  void audit(const CachedReply& reply);
  bool account(const CachedReply& reply);
  void disown(size_t index);
  void back_off(uint64_t hash);
  bool make_room(double rate);
  FetchLine* line_for(wire::Slot slot);
  template <typename Give>
  void give_to_workers(std::vector<FetchWaiter> waiters, bool to_all, Give give);

  Worker& worker_;
  Pool& pool_;
  HotKeysShared& shared_;
  HotKeys& hot_keys_;
  config::HotKeys settings_;
  FetchSettings fetch_settings_{};
  std::unordered_map<size_t, Owned> owned_;  // by the index of the cell
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
