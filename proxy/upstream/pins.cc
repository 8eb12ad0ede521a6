#include "proxy/upstream/pins.h"

#include <algorithm>
#include <utility>

#include "metrics/log.h"

namespace slotway::proxy {

PinLease::PinLease(PinLease&& other) noexcept { *this = std::move(other); }

PinLease& PinLease::operator=(PinLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pins_ = other.pins_;
  upstream_ = std::exchange(other.upstream_, nullptr);
  attempt_ = other.attempt_;
  clean_ = other.clean_;
  shared_ = other.shared_;
  return *this;
}

void PinLease::give_back() {
  if (upstream_ && shared_) {
    upstream_->be_patient(false);
  } else if (upstream_) {
    pins_->give_back(*upstream_, clean_ && available());
  }
  upstream_ = nullptr;
}

void PinLease::keep_from_others() const {
  if (!shared_) pins_->pin_of(*upstream_).leaving = true;
}

PinLease Pins::take(int protocol, size_t limit) {
  size_t taken = 0;
  size_t open = 0;
  Pin* fitting = nullptr;
  Pin* other = nullptr;
  for (Pin& pin : pins_) {
    if (pin.taken) {
      ++taken;
      ++open;
    } else if (!pin.leaving) {
      ++open;
      const bool fits = pin.upstream->ready() && pin.upstream->protocol() == protocol;
      Pin*& place = fits ? fitting : other;
      if (!place) place = &pin;
    }
  }
  if (taken >= limit) return {};
  if (fitting) {
    fitting->taken = true;
    return {*this, *fitting->upstream};
  }
  PinAllowance::Share share = take_share();
  if (other && (open >= limit || !share)) close(*other);
  if (!share) return {};
  pins_.push_back({lanes_.open_another(protocol), true, false, 0, std::move(share)});
  return {*this, *pins_.back().upstream};
}

PinLease Pins::share(Upstream& upstream) {
  PinLease lease(*this, upstream);
  lease.shared_ = true;
  return lease;
}

PinAllowance::Share Pins::take_share() {
  // Of an embedded shard the other end is here, too.
  const bool is_embedded = lanes_.server()->address.kind == config::Address::Kind::kEmbedded;
  PinAllowance::Share share = allowance_.take(is_embedded ? 2 : 1);
  if (!share) {
    static metrics::log::RateLimited log(1, std::chrono::minutes(1));
    log.write(metrics::log::Level::kWarn,
              "no descriptors for another connection of a single client to {}",
              lanes_.server()->label());
  }
  return share;
}

Pins::Pin& Pins::pin_of(const Upstream& upstream) {
  return *std::ranges::find_if(pins_,
                               [&](const Pin& each) { return each.upstream.get() == &upstream; });
}

void Pins::give_back(Upstream& upstream, bool clean) {
  Pin& pin = pin_of(upstream);
  pin.taken = false;
  pin.idle_since_ns = 0;
  upstream.be_patient(false);
  if (!clean || pin.leaving) close(pin);
}

void Pins::close(Pin& pin, std::string_view reason) {
  pin.leaving = true;
  pin.upstream->abandon(reason);
}

void Pins::tick(uint64_t now_ns) {
  for (Pin& pin : pins_) {
    pin.upstream->tick(now_ns);
    if (pin.taken || pin.leaving) continue;
    if (pin.idle_since_ns == 0) pin.idle_since_ns = now_ns;
    // Lost, of a time when more were needed, or missing elsewhere.
    if (!pin.upstream->ready() || now_ns - pin.idle_since_ns > kIdleNs || allowance_.is_short()) {
      close(pin);
    }
  }
}

void Pins::retire(std::string_view reason) {
  for (Pin& pin : pins_) {
    pin.leaving = true;
    if (pin.upstream->is_patient()) {
      pin.upstream->end_wait(reason);
    } else {
      pin.upstream->retire();
    }
  }
}

void Pins::abandon() {
  for (Pin& pin : pins_) close(pin, "the proxy stops");
}

bool Pins::has_waits() const {
  return std::ranges::any_of(pins_, [](const Pin& pin) { return pin.upstream->is_patient(); });
}

void Pins::end_waits(std::string_view reason) {
  for (Pin& pin : pins_) {
    if (!pin.upstream->is_patient()) continue;
    pin.leaving = true;
    pin.upstream->end_wait(reason);
  }
}

void Pins::fail_waits(std::string_view reason) {
  for (Pin& pin : pins_) {
    if (pin.upstream->is_patient()) close(pin, reason);
  }
}

bool Pins::closed() const {
  return std::ranges::all_of(pins_,
                             [](const Pin& pin) { return !pin.taken && pin.upstream->closed(); });
}

void Pins::drop_closed() {
  std::erase_if(pins_, [](const Pin& pin) { return !pin.taken && pin.upstream->closed(); });
}

}  // namespace slotway::proxy
