#include "proxy/upstream/abilities.h"

#include <algorithm>

namespace slotway::proxy {

Abilities::State Abilities::of(uint8_t ability, uint64_t now_ns) const {
  if (has_ & bit(ability)) return State::kYes;
  if (asked_ & bit(ability)) return State::kAsked;
  const Refusal* const refusal = find(ability);
  return refusal && now_ns < refusal->until_ns ? State::kNo : State::kUnknown;
}

std::string_view Abilities::refusal(uint8_t ability) const {
  const Refusal* const refusal = find(ability);
  return refusal ? refusal->line : std::string_view();
}

void Abilities::has(uint8_t ability) {
  has_ |= bit(ability);
  asked_ &= ~bit(ability);
}

void Abilities::refused(uint8_t ability, std::string_view line, uint64_t now_ns) {
  const bool for_good = line.starts_with("ERR ");
  refuse(ability, line, for_good ? std::numeric_limits<uint64_t>::max() : now_ns + kMomentNs);
}

void Abilities::not_answered(uint8_t ability, std::string_view line, uint64_t now_ns) {
  refuse(ability, line, now_ns + kMomentNs);
}

const Abilities::Refusal* Abilities::find(uint8_t ability) const {
  const auto found = std::ranges::find(refusals_, ability, &Refusal::ability);
  return found == refusals_.end() ? nullptr : &*found;
}

void Abilities::refuse(uint8_t ability, std::string_view line, uint64_t until_ns) {
  asked_ &= ~bit(ability);
  std::erase_if(refusals_, [&](const Refusal& refusal) { return refusal.ability == ability; });
  refusals_.push_back({ability, until_ns, std::string(line)});
}

}  // namespace slotway::proxy
