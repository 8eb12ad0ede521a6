#include "backend/key_events.h"

namespace slotway::backend {

void KeyEvents::tell_changed(uint32_t, const Key&, KeyEvent, std::string_view) {}

void KeyEvents::tell_subscribers(uint32_t, const Key&, KeyEvent, std::string_view) {}

}  // namespace slotway::backend
