// PinAllowance: the descriptors that connections of single clients (pins.h) may take, of all
// workers together. One client may have several connections to each shard (tracking.h), more than
// there can be descriptors; what is set aside for clients and for everything else stays theirs.
//
// Owned by the Server. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace slotway::proxy {

class PinAllowance {
 public:
  struct Return {
    size_t descriptors = 0;
    void operator()(PinAllowance* from) const { from->taken_ -= descriptors; }
  };
  // Gives back what was taken, by its end.
  using Share = std::unique_ptr<PinAllowance, Return>;

  static constexpr size_t kUnbounded = SIZE_MAX / 2;
  // What was taken before stays taken, even if it is more.
  void set_limit(size_t descriptors) { limit_ = descriptors; }
  // Null if there are not so many.
  Share take(size_t descriptors) {
    size_t taken = taken_;
    do {
      if (taken + descriptors > limit_) return {};
    } while (!taken_.compare_exchange_weak(taken, taken + descriptors));
    return Share(this, {descriptors});
  }
  size_t in_use() const { return taken_; }
  size_t limit() const { return limit_; }
  // Whether the next may be refused.
  bool is_short() const { return taken_ + kMostAtOnce > limit_; }

 private:
  static constexpr size_t kMostAtOnce = 2;

  std::atomic<size_t> taken_{0};
  std::atomic<size_t> limit_{0};
};

}  // namespace slotway::proxy
