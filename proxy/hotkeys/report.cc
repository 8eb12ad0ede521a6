#include "proxy/hotkeys/report.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace slotway::proxy::hotkeys {

namespace {

std::unordered_set<uint64_t> hot_keys(const Snapshot& snapshot) {
  std::unordered_set<uint64_t> hashes;
  for (const HotKey& key : snapshot.keys) {
    if (key.hot != 0) hashes.insert(key.hash);
  }
  return hashes;
}

std::vector<HotKey> hot_without(const Snapshot& snapshot,
                                const std::unordered_set<uint64_t>& not_these) {
  std::vector<HotKey> keys;
  for (const HotKey& key : snapshot.keys) {
    if (key.hot != 0 && !not_these.contains(key.hash)) keys.push_back(key);
  }
  return keys;
}

}  // namespace

void keep_since(const Snapshot& before, Snapshot& now) {
  for (HotKey& key : now.keys) {
    if (key.hot == 0) continue;
    const auto known = std::find_if(before.keys.begin(), before.keys.end(),
                                    [&](const HotKey& each) { return each.hash == key.hash; });
    const bool was_hot = known != before.keys.end() && known->hot != 0;
    key.hot_since = was_hot ? known->hot_since : now.at;
  }
}

Snapshot sum(std::span<const std::shared_ptr<const Snapshot>> workers, size_t most) {
  Snapshot all;
  // By the hash of the whole key, for the text may be cut; with 64 bits it is as good as the key.
  std::unordered_map<uint64_t, size_t> places;
  for (const auto& said : workers) {
    if (!said) continue;
    const Snapshot& worker = *said;
    all.at = std::max(all.at, worker.at);
    all.requests += worker.requests;
    all.writes += worker.writes;
    all.bytes += worker.bytes;
    all.weight = std::max(all.weight, worker.weight);
    all.updates += worker.updates;
    for (const HotKey& key : worker.keys) {
      const auto [place, is_new] = places.try_emplace(key.hash, all.keys.size());
      if (is_new) {
        all.keys.push_back(key);
        continue;
      }
      HotKey& known = all.keys[place->second];
      known.requests += key.requests;
      known.writes += key.writes;
      known.bytes += key.bytes;
      if (key.hot != 0) {
        known.hot_since = known.hot != 0 ? std::min(known.hot_since, key.hot_since) : key.hot_since;
      }
      known.hot |= key.hot;
      known.heat = std::max(known.heat, key.heat);
    }
  }
  for (HotKey& key : all.keys) {
    key.share = all.requests > 0 ? std::min(1.0, key.requests / all.requests) : 0;
  }
  std::sort(all.keys.begin(), all.keys.end(), [](const HotKey& a, const HotKey& b) {
    return a.heat != b.heat ? a.heat > b.heat : a.requests > b.requests;
  });
  if (all.keys.size() > most) all.keys.resize(most);
  return all;
}

Changes changes(const Snapshot& before, const Snapshot& now) {
  return {hot_without(now, hot_keys(before)), hot_without(before, hot_keys(now))};
}

}  // namespace slotway::proxy::hotkeys
