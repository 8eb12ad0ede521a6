// The setting notify-keyspace-events: a letter for each class of notifications, K and E for the two
// kinds of channels, A for all classes but m and n.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slotway::backend {

// Beside the bits of KeyEvent.
inline constexpr uint32_t kKeyspaceChannels = 1u << 16;
inline constexpr uint32_t kKeyeventChannels = 1u << 17;

// Nothing if a letter means nothing.
std::optional<uint32_t> parse_notification_classes(std::string_view letters);
// In Redis's order.
std::string notification_letters(uint32_t classes);

}  // namespace slotway::backend
