#include "proxy/pins.h"

#include <algorithm>
#include <utility>

namespace slotway::proxy {

PinLease::PinLease(PinLease&& other) noexcept { *this = std::move(other); }

PinLease& PinLease::operator=(PinLease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pins_ = other.pins_;
  upstream_ = std::exchange(other.upstream_, nullptr);
  attempt_ = other.attempt_;
  clean_ = other.clean_;
  return *this;
}

void PinLease::give_back() {
  if (upstream_) pins_->give_back(*upstream_, clean_ && available());
  upstream_ = nullptr;
}

PinLease Pins::take(int protocol, size_t limit) {
  const auto is_taken = [](const Pin& pin) { return pin.taken; };
  if (static_cast<size_t>(std::ranges::count_if(pins_, is_taken)) >= limit) return {};
  for (Pin& pin : pins_) {
    if (pin.taken || pin.leaving || pin.upstream->protocol() != protocol) continue;
    if (!pin.upstream->ready()) continue;
    pin.taken = true;
    return {*this, *pin.upstream};
  }
  pins_.push_back({lanes_.open_another(protocol), true, false});
  return {*this, *pins_.back().upstream};
}

void Pins::give_back(Upstream& upstream, bool clean) {
  const auto pin = std::ranges::find_if(
      pins_, [&](const Pin& each) { return each.upstream.get() == &upstream; });
  pin->taken = false;
  upstream.be_patient(false);
  if (clean && !pin->leaving) return;
  pin->leaving = true;
  upstream.abandon();
}

void Pins::tick(uint64_t now_ns) {
  for (Pin& pin : pins_) {
    pin.upstream->tick(now_ns);
    if (pin.taken || pin.leaving || pin.upstream->ready()) continue;
    pin.leaving = true;  // lost: nobody needs it just now
    pin.upstream->abandon();
  }
}

void Pins::abandon() {
  for (Pin& pin : pins_) {
    pin.leaving = true;
    pin.upstream->abandon();
  }
}

void Pins::end_waits(std::string_view reason) {
  for (Pin& pin : pins_) {
    if (!pin.upstream->is_patient()) continue;
    pin.leaving = true;
    pin.upstream->abandon(reason);
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
