// WaitSettings: what is noted of clients' requests beside counting them: which are slow, which are
// large, which are traced; for SLOWLOG, LATENCY, the log and the admin API.
//
// What the file says under `observe`, and what CONFIG SET changes, of the whole process. Any
// thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "config/config.h"

namespace slotway::proxy {

class WaitSettings {
 public:
  // Those that CONFIG SET knows.
  enum class Name : uint8_t {
    kSlowLogSlowerThan,        // microseconds; -1: no request is logged
    kSlowLogMaxLength,         // entries
    kLatencyMonitorThreshold,  // milliseconds; 0: no event is recorded
  };

  int64_t get(Name name) const { return value(name).load(std::memory_order_relaxed); }
  void set(Name name, int64_t value);
  // At the start, and when a reload has changed it: overrides what CONFIG SET has said.
  void follow(const config::Observe& observe);

  // Puts what of it is in force into what the file said.
  void show_in(config::Observe& observe) const;

  // One comparison each; the first is asked for each reply: whether one of the others may be true.
  bool is_slow_or_spike(uint64_t ns) const {
    return ns >= least_ns_.load(std::memory_order_relaxed);
  }
  bool is_slow(uint64_t ns) const { return ns >= slow_ns_.load(std::memory_order_relaxed); }
  bool is_spike(uint64_t ns) const { return ns >= spike_ns_.load(std::memory_order_relaxed); }
  size_t slow_log_length() const { return static_cast<size_t>(get(Name::kSlowLogMaxLength)); }
  // The same of the size of a request or a reply.
  bool is_big(uint64_t bytes) const { return bytes >= big_bytes_.load(std::memory_order_relaxed); }
  uint64_t big_bytes() const {
    return big_bytes_.load(std::memory_order_relaxed);
  }  // or UINT64_MAX
  uint64_t most_big_keys() const { return most_big_keys_.load(std::memory_order_relaxed); }
  // One request in so many is traced; 0: none.
  uint64_t trace_one_in() const { return trace_one_in_.load(std::memory_order_relaxed); }

  // Whether of a request that begins now the first bytes are to be kept.
  bool remembers_requests() const { return remembers_.load(std::memory_order_relaxed); }
  // Whether they were of the one that began then, on the monotonic clock, and still matter.
  bool has_remembered(uint64_t begun_ns) const { return begun_ns >= remembers_since_ns_.load(); }

 private:
  const std::atomic<int64_t>& value(Name name) const { return values_[static_cast<size_t>(name)]; }
  void change(Name name, int64_t value);
  void derive();

  static constexpr uint64_t kNever = UINT64_MAX;

  std::mutex mutex_;  // of those who change anything
  std::array<std::atomic<int64_t>, 3> values_ = {-1, 128, 0};
  std::atomic<uint64_t> big_bytes_{kNever};
  std::atomic<uint64_t> most_big_keys_{0};
  std::atomic<uint64_t> trace_one_in_{0};
  // What follows from those.
  std::atomic<uint64_t> least_ns_{kNever};
  std::atomic<uint64_t> slow_ns_{kNever};
  std::atomic<uint64_t> spike_ns_{kNever};
  std::atomic<bool> remembers_{false};
  std::atomic<uint64_t> remembers_since_ns_{kNever};
};

}  // namespace slotway::proxy
