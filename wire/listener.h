// Listener: accepts clients on one address and hands their sockets over.
//
// When the process is out of descriptors it sheds: a spare descriptor is given up for a moment, so
// that the client is taken and closed rather than left in the backlog, where it would wake the loop
// for ever. If that fails too (another thread was faster to take the descriptor), it listens to
// nobody for kPauseMs. Lives on the loop that it was opened on.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "wire/loop.h"
#include "wire/result.h"

namespace slotway::wire {

class Listener {
 public:
  using Accept = std::function<void(int fd)>;  // takes over the connected, non-blocking socket
  using Shed = std::function<void()>;          // a client was turned away for want of descriptors

  static constexpr uint64_t kPauseMs = 100;

  // On a numeric IPv4 or IPv6 address. `loop` must not run yet, or the call be on its thread.
  static Result<std::unique_ptr<Listener>> open_tcp(
      Loop& loop, const std::string& address, uint16_t port, Accept accept, Shed shed = [] {});
  // A path, or an abstract name behind '@'.
  static Result<std::unique_ptr<Listener>> open_unix(
      Loop& loop, const std::string& path, Accept accept, Shed shed = [] {});
  // On a socket that others have bound and keep (inherited_sockets.h); non-blocking. Its path, if
  // it has one, stays, and so does what waits in its backlog.
  static std::unique_ptr<Listener> take_over(
      Loop& loop, int fd, Accept accept, Shed shed = [] {});
  // Accepts what waits in the backlog, unless it waits for others as well. Before a close(): the
  // kernel has told these clients that they are connected, and would reset them.
  void take_backlog();
  // Stops to accept; the object goes when the loop has let go of it.
  static void close(std::unique_ptr<Listener> listener);
  ~Listener();

 private:
  enum class Owner : uint8_t { kThis, kOthers };

  Listener(int fd, Owner owner, std::string path, Accept accept, Shed shed);
  static std::unique_ptr<Listener> start(Loop& loop, int fd, Owner owner, std::string path,
                                         Accept accept, Shed shed);
  void watch();
  void pause();
  void accept_ready();
  // False if the client is still there.
  bool shed_one();
  void handle_closed();

  int fd_;             // -1 once closed
  const Owner owner_;  // of what waits in the backlog
  int spare_;          // to be given up by shed_one(); -1 while there was none to be had
  std::string path_;   // to be unlinked; empty: nothing
  const Accept accept_;
  const Shed shed_;
  uv_poll_t poll_;
  uv_timer_t resume_;     // ends a pause
  int open_handles_ = 2;  // poll_ and resume_
};

}  // namespace slotway::wire
