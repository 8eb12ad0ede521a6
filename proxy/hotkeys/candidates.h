// Candidates: which of the keys that a worker's detector has looked at are worth being cached.
//
// A key that is reported as hot always is. Others are by rank, as far as there is room, while the
// cache as a whole pays: it saves some 300 ns for each request that it answers, and costs some 15
// ns for each that it does not, whose key has to be looked up among the versions. So what it
// answers or soon would must be a share of all requests. Where all keys are equal and many, it is
// not.
//
// One worker thread; the clock is the caller's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace slotway::proxy {

class Candidates {
 public:
  // For each request that the detector has looked at: how often a second its key is read by what it
  // has seen of it lately, 0 if that is too little to tell or the key is mostly written.
  void note(double reads, double bar) {
    ++looked_at_;
    if (reads > 0 && reads >= bar) ++promising_;
  }
  bool pays() const { return pays_; }

  // Whether a key may be proposed now: not if it has been within the last 100 ms, for what has been
  // said of it then still holds.
  bool may_propose(uint64_t hash, uint64_t now_ns) {
    Proposed& last = proposed_[hash / 64 % proposed_.size()];
    if (last.hash == hash && now_ns < last.again_ns) return false;
    last = {hash, now_ns + kAgainNs};
    return true;
  }

  // Every 100 ms: of all requests in that time, and how many of them the cache has answered.
  void settle(uint64_t requests, uint64_t hits);

 private:
  static constexpr uint64_t kAgainNs = 100'000'000;
  struct Proposed {
    uint64_t hash = 0;
    uint64_t again_ns = 0;
  };

  uint64_t looked_at_ = 0;
  uint64_t promising_ = 0;
  double share_ = 0;
  bool pays_ = false;
  std::array<Proposed, 256> proposed_{};
};

}  // namespace slotway::proxy
