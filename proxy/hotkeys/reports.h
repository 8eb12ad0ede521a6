// Reports: the latest snapshot of each worker, and their sum for whoever asks: metrics, HOTKEYS,
// messages. One for each pool, shared by its workers; any thread.
//
// A snapshot does not change once it is published: the lock is held to take or to leave a pointer,
// and whoever asks sums and sorts without it, so that no worker waits for a scrape.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/hotkeys/report.h"

namespace slotway::proxy {

class Reports {
 public:
  // About every 100 ms, by that worker and no other thread.
  void publish(size_t worker, hotkeys::Snapshot snapshot) {
    const Latest before = latest(worker);
    hotkeys::keep_since(before ? *before : hotkeys::Snapshot(), snapshot);
    Latest now = std::make_shared<const hotkeys::Snapshot>(std::move(snapshot));
    const std::scoped_lock lock(mutex_);
    if (workers_.size() <= worker) workers_.resize(worker + 1);
    workers_[worker] = std::move(now);  // `before` holds the old one: not freed under the lock
  }
  // At most `most` keys, the hottest first.
  hotkeys::Snapshot sum(size_t most) const { return hotkeys::sum(all(), most); }

 private:
  using Latest = std::shared_ptr<const hotkeys::Snapshot>;  // null: none yet

  Latest latest(size_t worker) const {
    const std::scoped_lock lock(mutex_);
    return worker < workers_.size() ? workers_[worker] : Latest();
  }
  std::vector<Latest> all() const {
    const std::scoped_lock lock(mutex_);
    return workers_;
  }

  mutable std::mutex mutex_;
  std::vector<Latest> workers_;
};

}  // namespace slotway::proxy
