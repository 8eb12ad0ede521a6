#include "proxy/hotkeys/standing.h"

#include "proxy/hotkeys/hot_keys.h"
#include "proxy/hotkeys/owned_keys.h"
#include "proxy/worker.h"

namespace slotway::proxy {

KeyStanding HotKeys::standing(std::string_view key) const {
  const uint64_t hash = hash_of(key);
  KeyStanding standing;
  standing.is_spread = spread_.contains(hash);
  if (const KeyVersions::Cell* const cell = shared_.versions.find(hash)) {
    const Kept* const kept = kept_.find(shared_.versions.index_of(*cell));
    standing.is_served = kept && kept->any().order.hash == hash &&
                         kept->any().stamp.holds(*kept->any().shard) &&
                         worker_.now_ns() < kept->any().deadline_ns;
  }
  if (is_worker(owner_of(hash))) owned_.add_to(standing, key, hash);
  return standing;
}

void OwnedKeys::add_to(KeyStanding& standing, std::string_view key, uint64_t hash) const {
  if (const KeyVersions::Cell* const cell = shared_.versions.find(hash)) {
    const auto owned = owned_.find(shared_.versions.index_of(*cell));
    standing.is_owned = owned != owned_.end();
    if (standing.is_owned) standing.too_large = owned->second.too_large;
  }
  const auto back_off = back_offs_.find(hash);
  standing.backs_off = back_off != back_offs_.end() && worker_.now_ns() < back_off->second.until_ns;
  standing.is_full = owned_.size() >= room();
  const ShardIndex shard = pool_.topology().shard_of_slot(wire::slot_of_key(key));
  const FetchLine* const line =
      shard < pool_.shards().size() ? pool_.shard(shard).open_fetch_line() : nullptr;
  standing.is_refused = line && line->is_refused();
}

}  // namespace slotway::proxy
