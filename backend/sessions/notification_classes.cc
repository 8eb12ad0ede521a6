#include "backend/sessions/notification_classes.h"

#include "backend/key_events.h"

namespace slotway::backend {

namespace {

struct Letter {
  char letter;
  uint32_t bit;
  bool in_all;
};

constexpr uint32_t bit(KeyEvent kind) { return static_cast<uint32_t>(kind); }

constexpr Letter kLetters[] = {
    {'g', bit(KeyEvent::kGeneric), true}, {'$', bit(KeyEvent::kString), true},
    {'l', bit(KeyEvent::kList), true},    {'s', bit(KeyEvent::kSet), true},
    {'h', bit(KeyEvent::kHash), true},    {'z', bit(KeyEvent::kSortedSet), true},
    {'x', bit(KeyEvent::kExpired), true}, {'e', bit(KeyEvent::kEvicted), true},
    {'t', bit(KeyEvent::kStream), true},  {'d', bit(KeyEvent::kModule), true},
    {'n', bit(KeyEvent::kNew), false},    {'K', kKeyspaceChannels, false},
    {'E', kKeyeventChannels, false},      {'m', bit(KeyEvent::kMiss), false},
};

constexpr uint32_t all_classes() {
  uint32_t all = 0;
  for (const Letter& each : kLetters) all |= each.in_all ? each.bit : 0;
  return all;
}

}  // namespace

std::optional<uint32_t> parse_notification_classes(std::string_view letters) {
  uint32_t classes = 0;
  for (const char letter : letters) {
    uint32_t bits = letter == 'A' ? all_classes() : 0;
    for (const Letter& each : kLetters) bits |= each.letter == letter ? each.bit : 0;
    if (bits == 0) return std::nullopt;
    classes |= bits;
  }
  return classes;
}

std::string notification_letters(uint32_t classes) {
  std::string letters;
  const bool all = (classes & all_classes()) == all_classes();
  if (all) letters += 'A';
  for (const Letter& each : kLetters) {
    const bool is_said = all && (each.in_all || each.letter == 'n');
    if ((classes & each.bit) && !is_said) letters += each.letter;
  }
  return letters;
}

}  // namespace slotway::backend
