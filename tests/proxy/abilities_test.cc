#include "proxy/upstream/abilities.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

using State = Abilities::State;

TEST_CASE("the first database is always there, others are once they have been acknowledged") {
  Abilities abilities;
  CHECK(abilities.of(0, 1) == State::kYes);
  for (const uint8_t ability : {uint8_t{1}, uint8_t{15}, Abilities::kTransactions}) {
    CHECK(abilities.of(ability, 1) == State::kUnknown);
    abilities.asked(ability);
    CHECK(abilities.of(ability, 1) == State::kAsked);
    abilities.has(ability);
    CHECK(abilities.of(ability, 1) == State::kYes);
  }
  CHECK(abilities.of(2, 1) == State::kUnknown);
}

TEST_CASE("a refusal holds, one for a passing reason for a moment") {
  Abilities abilities;
  abilities.asked(3);
  abilities.refused(3, "ERR DB index is out of range", 10);
  abilities.asked(4);
  abilities.refused(4, "BUSY script", 10);
  CHECK(abilities.refusal(3) == "ERR DB index is out of range");
  CHECK(abilities.refusal(4) == "BUSY script");
  CHECK(abilities.of(4, 10 + Abilities::kMomentNs - 1) == State::kNo);
  CHECK(abilities.of(4, 10 + Abilities::kMomentNs) == State::kUnknown);
  CHECK(abilities.of(3, 10 + 1000 * Abilities::kMomentNs) == State::kNo);
  abilities.refused(4, "NOPERM no", 50);
  CHECK(abilities.of(4, 51) == State::kNo);
  CHECK(abilities.refusal(4) == "NOPERM no");
}

TEST_CASE("an answer that comes late counts") {
  Abilities abilities;
  abilities.asked(3);
  abilities.not_answered(3, "ERR a: no reply within 100 ms", 10);
  CHECK(abilities.of(3, 11) == State::kNo);
  CHECK(abilities.of(3, 10 + Abilities::kMomentNs) == State::kUnknown);
  abilities.has(3);
  CHECK(abilities.of(3, 11) == State::kYes);
}

}  // namespace slotway::proxy
