// Abilities: what one connection knows of its server that not every server can do: databases but
// the first, transactions.
//
// A server that refuses a SELECT, or a MULTI, would run the commands behind it as others. So each
// connection asks for each of these once, by itself, and sends nothing that depends on the answer
// before it is there. A refusal holds for the connection, one for a passing reason (-BUSY,
// -NOPERM, ...) for a moment. Pure values; one worker thread.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::proxy {

class Abilities {
 public:
  // An ability is the number of a database, or this one.
  static constexpr uint8_t kTransactions = 16;
  enum class State : uint8_t { kUnknown, kAsked, kYes, kNo };
  // Long enough for those who have waited for the answer to see it.
  static constexpr uint64_t kMomentNs = 20'000'000;

  State of(uint8_t ability, uint64_t now_ns) const;
  // Why not, of kNo: "CODE text".
  std::string_view refusal(uint8_t ability) const;

  void asked(uint8_t ability) { asked_ |= bit(ability); }
  void has(uint8_t ability);
  // For good, if the reason is one (ERR), otherwise for a moment.
  void refused(uint8_t ability, std::string_view line, uint64_t now_ns);
  // No answer in time: until there is one, for a moment.
  void not_answered(uint8_t ability, std::string_view line, uint64_t now_ns);

 private:
  struct Refusal {
    uint8_t ability;
    uint64_t until_ns;
    std::string line;
  };
  static uint32_t bit(uint8_t ability) { return 1u << ability; }
  const Refusal* find(uint8_t ability) const;
  void refuse(uint8_t ability, std::string_view line, uint64_t until_ns);

  uint32_t has_ = bit(0);
  uint32_t asked_ = 0;
  std::vector<Refusal> refusals_;
};

}  // namespace slotway::proxy
