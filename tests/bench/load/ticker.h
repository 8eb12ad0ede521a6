// Ticker: wakes the loop at a moment given in nanoseconds; libuv's timers know milliseconds, which
// would make the requests of an open loop late by as much.
//
// A timerfd, armed anew for each wake. Owned by the driver, on its loop; one thread.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>

#include "wire/loop.h"

namespace slotway::load {

class Ticker {
 public:
  Ticker(wire::Loop& loop, std::function<void()> wake);
  // The loop lets go of the handle in its own destructor: `this` must stay in place until then.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Once, at `at_ns` of uv_hrtime() or, if that has passed, soon. Nothing if a wake is due already.
  void wake_at(uint64_t at_ns);

 private:
  const int fd_;
  std::function<void()> wake_;
  uv_poll_t poll_;
  bool armed_ = false;
};

}  // namespace slotway::load
