// News: what has become hot, and what is so no longer, since it was told last. One thread.
#pragma once

#include <cstddef>
#include <vector>

#include "proxy/hotkeys/report.h"

namespace slotway::proxy::hotkeys {

struct NewsItem {
  bool is_hot = false;
  HotKey key;  // of one that has cooled: as it was when it was hot last
};

class News {
 public:
  // At most so many at once; the rest comes with the next call, if it is still so.
  static constexpr size_t kMost = 64;

  // Those that have become hot come first, the hottest of them first.
  std::vector<NewsItem> next(const Snapshot& now);
  // Nobody has been told of anything.
  void forget() { told_ = {}; }

 private:
  Snapshot told_;  // the keys that are hot, as far as was told, as they were last
};

}  // namespace slotway::proxy::hotkeys
