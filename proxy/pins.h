// Pins: connections to one server that one session at a time has for itself, for what the state of
// a connection is needed, or others would wait: WATCH, BLPOP.
//
// Bounded; one that is given back clean is kept for the next. Owned by ShardConnections; one worker
// thread.
#pragma once

#include <memory>
#include <vector>

#include "proxy/lanes.h"

namespace slotway::proxy {

class Pins {
 public:
  // `lanes` must outlive this.
  explicit Pins(Lanes& lanes) : lanes_(lanes) {}

  // One that the server keeps nothing for; null when `limit` are in use. give_back() it.
  Upstream* take(int protocol, size_t limit);
  // `clean`: behind what is unanswered on it, the server keeps nothing for it.
  void give_back(Upstream& pin, bool clean);

  void tick(uint64_t now_ns);
  void abandon();
  // Ends all waits: what blocks there would not be served any more.
  void end_waits(std::string_view reason);
  // Whether this may be destroyed.
  bool closed() const;

  template <typename Visit>
  void for_each(Visit visit) {
    for (const auto& pin : pins_) visit(*pin.upstream);
  }
  // Frees what has closed: not while somebody remembers it from for_each().
  void drop_closed();

 private:
  struct Pin {
    std::unique_ptr<Upstream> upstream;
    bool taken;
    bool leaving;  // not to be taken again
  };

  Lanes& lanes_;
  std::vector<Pin> pins_;
};

}  // namespace slotway::proxy
