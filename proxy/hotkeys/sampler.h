// Sampler: which requests of a worker the detector looks at, so that it costs the same however many
// there are: one in w, w the smallest number that makes them at most 250,000 a second.
//
// The gaps between them are geometric, so that no rhythm of the requests can hide a key; a request
// that is not taken costs a decrement and a compare. What is taken counts for w requests.
// One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace slotway::proxy::hotkeys {

class Sampler {
 public:
  static constexpr uint64_t kTarget = 250'000;  // a second

  // One for each request.
  bool take() {
    if (--left_ != 0) [[likely]]
      return false;
    draw();
    return true;
  }
  // How many requests one that is taken stands for.
  uint32_t weight() const { return weight_; }
  // All requests so far, taken or not.
  uint64_t seen() const { return drawn_ - left_; }

  // About every 100 ms: sets the weight by the requests since the last call, `elapsed_ns` ago.
  void retune(uint64_t elapsed_ns) {
    const uint64_t requests = seen() - seen_at_tune_;
    if (elapsed_ns == 0) return;
    seen_at_tune_ += requests;
    const double rate = static_cast<double>(requests) * 1e9 / static_cast<double>(elapsed_ns);
    set_weight(static_cast<uint32_t>(std::min(std::ceil(rate / kTarget), double{1u << 16})));
  }
  void set_weight(uint32_t weight) {
    weight = weight > 0 ? weight : 1;
    if (weight == weight_) return;
    weight_ = weight;
    if (weight > 1) fill_gaps();
    drawn_ -= left_;  // geometric gaps have no memory: a new one may start anywhere
    draw();
  }

 private:
  void draw() {
    left_ = weight_ == 1 ? 1 : gap();
    drawn_ += left_;
  }
  uint32_t gap() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return gaps_[random_ >> 56];
  }
  // Gaps at even steps of their distribution: a logarithm for each gap would be a third of what a
  // sample costs. Their mean is the weight, to the last request.
  void fill_gaps() {
    const double log_of_rest = std::log1p(-1.0 / weight_);
    uint64_t sum = 0;
    for (size_t i = 0; i < gaps_.size(); ++i) {
      const double uniform = 1 - (static_cast<double>(i) + 0.5) / static_cast<double>(gaps_.size());
      gaps_[i] = 1 + static_cast<uint32_t>(std::log(uniform) / log_of_rest);
      sum += gaps_[i];
    }
    // The tail behind the last step is missing.
    const uint64_t wanted = uint64_t{weight_} * gaps_.size();
    if (sum < wanted) gaps_.back() += static_cast<uint32_t>(wanted - sum);
    for (size_t i = 0; sum > wanted; i = (i + 1) % gaps_.size()) {
      if (gaps_[i] == 1) continue;
      --gaps_[i];
      --sum;
    }
  }

  uint64_t left_ = 1;
  uint32_t weight_ = 1;
  std::array<uint32_t, 256> gaps_{};  // while the weight is above 1
  uint64_t drawn_ = 1;
  uint64_t seen_at_tune_ = 0;
  uint64_t random_ = 0x2545f4914f6cdd1du;
};

}  // namespace slotway::proxy::hotkeys
