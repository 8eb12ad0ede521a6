#include "proxy/hotkeys/news.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace slotway::proxy::hotkeys {

std::vector<NewsItem> News::next(const Snapshot& now) {
  Changes changed = changes(told_, now);
  std::unordered_map<uint64_t, const HotKey*> hot;
  for (const HotKey& key : now.keys) {
    if (key.hot != 0) hot.emplace(key.hash, &key);
  }
  Snapshot told;
  for (const HotKey& key : told_.keys) {
    const auto at = hot.find(key.hash);
    if (at != hot.end()) told.keys.push_back(*at->second);
  }
  std::vector<NewsItem> items;
  for (HotKey& key : changed.hot) {
    if (items.size() == kMost) break;
    told.keys.push_back(key);
    items.push_back({true, std::move(key)});
  }
  for (HotKey& key : changed.cooled) {
    if (items.size() < kMost) {
      items.push_back({false, std::move(key)});
    } else {
      told.keys.push_back(std::move(key));
    }
  }
  told_ = std::move(told);
  return items;
}

}  // namespace slotway::proxy::hotkeys
