// SendTimes: when the requests of one connection were routed, and when the kernel had taken them.
//
// One mark for all requests that the loop found in the output when it turned to writing, instead of
// times in each request:
//
//     requests   1 2 3 | 4 5 | 6 7 8 9        numbers of the upstream's queue
//     mark         A      B      C            A, B are taken by the kernel, C is not yet
//
// A mark goes when a request behind it is answered. If so many turns pass without an answer that
// there is no room, the last mark stands for the next turn, too: of its requests all the time counts
// as the shard's, who has not answered for so long.
// Owned by an Upstream; one worker thread; all times are nanoseconds of the monotonic clock.
#pragma once

#include <array>
#include <cstdint>

namespace slotway::proxy {

class SendTimes {
 public:
  struct Mark {
    uint64_t last_request = 0;
    uint64_t last_byte = 0;  // of all that the connection was given
    uint64_t routed_ns = 0;
    uint64_t sent_ns = 0;  // 0: not yet
  };

  // The loop turns to writing: request `last_request` ends at byte `last_byte` of the connection.
  void turn(uint64_t last_request, uint64_t last_byte, uint64_t now_ns);
  // The kernel has taken all bytes up to `bytes`.
  void written(uint64_t bytes, uint64_t now_ns);
  bool all_written() const { return unsent_ == end_; }
  // The mark of that request, whose reply is there: null if none was made. Numbers only grow.
  const Mark* find(uint64_t request) {
    while (first_ != end_ && marks_[first_ % kRoom].last_request < request) ++first_;
    return first_ == end_ ? nullptr : &marks_[first_ % kRoom];
  }
  // A new connection.
  void clear() { first_ = unsent_ = end_; }

 private:
  static constexpr uint32_t kRoom = 32;

  std::array<Mark, kRoom> marks_;
  // Numbers of marks, those behind the first still in use; unsent_ may be below first_ if a reply
  // was seen before the end of the write.
  uint32_t first_ = 0;
  uint32_t unsent_ = 0;
  uint32_t end_ = 0;
};

}  // namespace slotway::proxy
