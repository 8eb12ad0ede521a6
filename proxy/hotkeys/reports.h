// Reports: the latest snapshot of each worker, and their sum for whoever asks: metrics, HOTKEYS,
// messages. One for each pool, shared by its workers; any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/hotkeys/report.h"

namespace slotway::proxy {

class Reports {
 public:
  // About every 100 ms, by that worker.
  void publish(size_t worker, hotkeys::Snapshot snapshot) {
    const std::scoped_lock lock(mutex_);
    if (workers_.size() <= worker) workers_.resize(worker + 1);
    hotkeys::keep_since(workers_[worker], snapshot);
    workers_[worker] = std::move(snapshot);
  }
  // At most `most` keys, the hottest first.
  hotkeys::Snapshot sum(size_t most) const {
    const std::scoped_lock lock(mutex_);
    return hotkeys::sum(workers_, most);
  }

 private:
  mutable std::mutex mutex_;  // held ten times a second by each worker, never for a request
  std::vector<hotkeys::Snapshot> workers_;
};

}  // namespace slotway::proxy
