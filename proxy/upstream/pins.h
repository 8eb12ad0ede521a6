// Pins: connections to one server that one session at a time has for itself, for what the state of
// a connection is needed, or others would wait: WATCH, BLPOP.
//
// Bounded; one that is given back clean is kept for the next, for a while. Owned by
// ShardConnections; one worker thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/upstream/lanes.h"
#include "proxy/upstream/pin_allowance.h"

namespace slotway::proxy {

class Pins;

// A pin in the hands of a session, which gives it back by its end. Pins last as long as one of them
// is taken.
class PinLease {
 public:
  PinLease() = default;  // of none
  PinLease(PinLease&& other) noexcept;
  PinLease& operator=(PinLease&& other) noexcept;
  ~PinLease() { give_back(); }

  explicit operator bool() const { return upstream_; }
  bool is_of(const Pins& pins) const { return pins_ == &pins; }
  // Another lease holds it for the same session, and gives it back.
  bool is_shared() const { return shared_; }

  // All below requires that there is one.
  Upstream& operator*() const { return *upstream_; }
  Upstream* operator->() const { return upstream_; }
  // Whether it can be used and still is the connection that was taken.
  bool available() const { return upstream_->available() && upstream_->attempts() == attempt_; }
  // Behind what is unanswered on it, the server keeps nothing for it: another session may take it.
  // Otherwise it is closed when it is given back.
  void mark_clean() { clean_ = true; }
  // It is closed when it is given back, even if clean.
  void keep_from_others() const;

 private:
  friend class Pins;
  PinLease(Pins& pins, Upstream& upstream)
      : pins_(&pins), upstream_(&upstream), attempt_(upstream.attempts()) {}
  void give_back();

  Pins* pins_ = nullptr;
  Upstream* upstream_ = nullptr;
  uint64_t attempt_ = 0;
  bool clean_ = false;
  bool shared_ = false;
};

class Pins {
 public:
  // Both must outlive this.
  Pins(Lanes& lanes, PinAllowance& allowance) : lanes_(lanes), allowance_(allowance) {}

  // One that the server keeps nothing for; none when `limit` are in use, or there are no
  // descriptors for another. No more are open than that, of both protocols.
  PinLease take(int protocol, size_t limit);

  // A second lease of one that the session has taken, not to outlive the first.
  PinLease share(Upstream& upstream);

  void tick(uint64_t now_ns);
  // No more will be taken: each closes when its last request is answered, or its wait has ended.
  void retire(std::string_view reason);
  // The same without waiting: what is in flight fails.
  void abandon();
  bool has_waits() const;
  // Has the server end all waits: what blocks there would not be served any more.
  void end_waits(std::string_view reason);
  // The same without the server, which does not answer.
  void fail_waits(std::string_view reason);
  // Whether this may be destroyed.
  bool closed() const;

  template <typename Visit>
  void for_each(Visit visit) {
    for (const auto& pin : pins_) visit(*pin.upstream);
  }
  // Frees what has closed: not while somebody remembers it from for_each().
  void drop_closed();

 private:
  friend class PinLease;
  struct Pin {
    std::unique_ptr<Upstream> upstream;
    bool taken;
    bool leaving;            // not to be taken again
    uint64_t idle_since_ns;  // 0: the next tick sets it
    PinAllowance::Share share;
  };
  static constexpr uint64_t kIdleNs = 5'000'000'000;

  Pin& pin_of(const Upstream& upstream);
  void give_back(Upstream& upstream, bool clean);
  static void close(Pin& pin, std::string_view reason = "nobody needs it");

  PinAllowance::Share take_share();

  Lanes& lanes_;
  PinAllowance& allowance_;
  std::vector<Pin> pins_;
};

}  // namespace slotway::proxy
