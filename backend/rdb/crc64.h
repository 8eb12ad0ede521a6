// CRC-64 as Redis has it: the "Jones" polynomial ad93d235 94c935a9, reflected, begun with 0. Any
// thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace slotway::backend {

uint64_t crc64(std::string_view bytes);

}  // namespace slotway::backend
