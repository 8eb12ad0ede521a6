#include "tests/bench/load/ticker.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

namespace slotway::load {

// uv_hrtime() is CLOCK_MONOTONIC.
Ticker::Ticker(wire::Loop& loop, std::function<void()> wake)
    : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), wake_(std::move(wake)) {
  uv_poll_init(loop.uv(), &poll_, fd_);
  poll_.data = this;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    auto& self = *static_cast<Ticker*>(poll->data);
    uint64_t expirations = 0;
    if (read(self.fd_, &expirations, sizeof expirations) < 0) return;
    self.armed_ = false;
    self.wake_();
  });
}

Ticker::~Ticker() {
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  close(fd_);
}

void Ticker::wake_at(uint64_t at_ns) {
  if (armed_) return;
  constexpr uint64_t kSecond = 1'000'000'000;
  at_ns = std::max(at_ns, uint64_t{1});  // 0 would disarm
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(at_ns / kSecond);
  when.it_value.tv_nsec = static_cast<long>(at_ns % kSecond);
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr);
  armed_ = true;
}

}  // namespace slotway::load
