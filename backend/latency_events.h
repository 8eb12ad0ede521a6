// LatencyEvents: the spikes of each kind of event that may keep clients waiting, for LATENCY. The
// last 160 seconds with a spike are kept, with the worst of each. Owned by the store; its thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace slotway::backend {

class LatencyEvents {
 public:
  struct Sample {
    int64_t at = 0;  // seconds of the Unix epoch; 0: none yet
    uint64_t ms = 0;
  };

  class Series {
   public:
    static constexpr size_t kSamples = 160;

    void add(int64_t at, uint64_t ms);
    uint64_t worst_ms() const { return worst_ms_; }
    // Requires an add().
    const Sample& newest() const { return samples_[(next_ + kSamples - 1) % kSamples]; }
    // visit(Sample), the oldest first.
    template <typename Visit>
    void for_each(Visit&& visit) const {
      for (size_t i = 0; i < kSamples; ++i) {
        const Sample& sample = samples_[(next_ + i) % kSamples];
        if (sample.at != 0) visit(sample);
      }
    }

   private:
    std::array<Sample, kSamples> samples_{};
    size_t next_ = 0;
    uint64_t worst_ms_ = 0;
  };

  // `threshold_ms` is the setting latency-monitor-threshold; 0 takes nothing.
  void add(std::string_view event, int64_t at, uint64_t ms, uint64_t threshold_ms);
  // Null if it has none; any case is not any case here: names are exact.
  const Series* find(std::string_view event) const;
  // How many series went: that of this name in any case, or all.
  size_t reset(std::string_view event);
  size_t reset();
  const std::map<std::string, Series, std::less<>>& all() const { return series_; }

 private:
  std::map<std::string, Series, std::less<>> series_;
};

}  // namespace slotway::backend
