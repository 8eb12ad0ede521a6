#include "proxy/upstream/send_times.h"

namespace slotway::proxy {

void SendTimes::turn(uint64_t last_request, uint64_t last_byte, uint64_t now_ns) {
  if (first_ != end_) {
    Mark& last = marks_[(end_ - 1) % kRoom];
    if (last.last_request == last_request) return;
    if (end_ - first_ == kRoom) {
      last.last_request = last_request;
      last.last_byte = last_byte;
      return;
    }
  } else {
    unsent_ = end_;
  }
  marks_[end_ % kRoom] = {last_request, last_byte, now_ns, 0};
  ++end_;
}

void SendTimes::written(uint64_t bytes, uint64_t now_ns) {
  if (static_cast<int32_t>(unsent_ - first_) < 0) unsent_ = first_;
  while (unsent_ != end_ && marks_[unsent_ % kRoom].last_byte <= bytes) {
    marks_[unsent_ % kRoom].sent_ns = now_ns;
    ++unsent_;
  }
}

}  // namespace slotway::proxy
