// SlowLog: the newest requests of a pool's clients that took long, for SLOWLOG and the admin API.
//
// A request's time is what its client waited: from when its bytes had been read to when the kernel
// had taken its reply. The arguments of long requests are cut earlier than by Redis (RequestHead).
//
// Owned by the Server. Any thread. The workers take its lock for what has waited for long anyway,
// and not more often than kMostASecond: of an overloaded proxy, where all requests take long, each
// would have to be kept.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "proxy/observed_request.h"

namespace slotway::proxy {

class SlowLog {
 public:
  static constexpr uint32_t kMostASecond = 256;

  // Whether one more may be added in this second, of any clock: to be asked before it is described.
  bool admit(uint64_t second);
  using Entry = std::shared_ptr<const ObservedRequest>;

  // Keeps the newest `most`.
  void add(ObservedRequest request, size_t most);
  // The newest first. Shared, for nobody is to wait while they are copied.
  std::vector<Entry> newest(size_t most) const;
  size_t size() const;
  void clear();
  // Those that show keys.
  void drop_plain();

 private:
  mutable std::mutex mutex_;  // guards the next two
  std::deque<Entry> entries_;
  int64_t next_id_ = 0;

  // Not guarded: in a race one more or less is admitted.
  std::atomic<uint64_t> second_{0};
  std::atomic<uint32_t> in_second_{0};
};

}  // namespace slotway::proxy
