// WaitSettings: from which length on the waits of clients are kept, for SLOWLOG and for LATENCY.
//
// What CONFIG SET changes, of the whole process. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace slotway::proxy {

class WaitSettings {
 public:
  enum class Name : uint8_t {
    kSlowLogSlowerThan,        // microseconds; -1: no request is logged
    kSlowLogMaxLength,         // entries
    kLatencyMonitorThreshold,  // milliseconds; 0: no event is recorded
  };

  int64_t get(Name name) const { return value(name).load(std::memory_order_relaxed); }
  void set(Name name, int64_t value);

  // Whether a wait is of interest to anybody: one comparison, for it is asked for each reply.
  bool is_long(uint64_t ns) const { return ns >= long_ns_.load(std::memory_order_relaxed); }
  bool is_slow(uint64_t ns) const { return ns >= slow_ns_.load(); }
  bool is_spike(uint64_t ns) const { return ns >= spike_ns_.load(std::memory_order_relaxed); }

  // Whether a request that begins now is to be remembered for the slow log.
  bool remembers_requests() const { return get(Name::kSlowLogSlowerThan) >= 0; }
  // To be asked behind is_slow(): whether the one that began then was, on the monotonic clock.
  bool has_remembered(uint64_t begun_ns) const { return begun_ns >= remembers_since_ns_.load(); }

  int64_t next_slow_log_id() { return next_id_.fetch_add(1, std::memory_order_relaxed); }

 private:
  const std::atomic<int64_t>& value(Name name) const { return values_[static_cast<size_t>(name)]; }

  static constexpr uint64_t kNever = UINT64_MAX;

  std::mutex mutex_;  // of set()
  // Both off at first: of an overloaded proxy, where all requests take long, each would be kept.
  std::array<std::atomic<int64_t>, 3> values_ = {-1, 128, 0};
  // What follows from those.
  std::atomic<uint64_t> slow_ns_{kNever};
  std::atomic<uint64_t> spike_ns_{kNever};
  std::atomic<uint64_t> long_ns_{kNever};
  std::atomic<uint64_t> remembers_since_ns_{kNever};
  std::atomic<int64_t> next_id_{0};
};

}  // namespace slotway::proxy
