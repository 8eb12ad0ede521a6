#include "proxy/hotkeys/candidates.h"

#include <algorithm>

namespace slotway::proxy {

namespace {

constexpr double kEnough = 0.08;     // of all requests: begins to pay
constexpr double kTooLittle = 0.04;  // ends
constexpr uint64_t kFewest = 100;    // requests of a period that say something of the others

}  // namespace

void Candidates::settle(uint64_t requests, uint64_t hits) {
  if (requests >= kFewest) {
    const uint64_t asked = requests - std::min(hits, requests);
    const double promising = looked_at_ == 0
                                 ? 0
                                 : static_cast<double>(promising_) /
                                       static_cast<double>(looked_at_) * static_cast<double>(asked);
    const double share = (static_cast<double>(hits) + promising) / static_cast<double>(requests);
    share_ += (share - share_) / 4;
    pays_ = share_ >= (pays_ ? kTooLittle : kEnough);
  }
  looked_at_ = promising_ = 0;
}

}  // namespace slotway::proxy
