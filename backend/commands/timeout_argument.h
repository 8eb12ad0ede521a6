// The timeout of blocking commands.
#pragma once

#include <cstdint>
#include <optional>

#include "backend/call.h"

namespace slotway::backend {

// Argument `index`, in seconds, with a fraction if need be, as the deadline that Call::block()
// takes. Without a value, the error has been answered.
std::optional<int64_t> deadline_argument(const Call& call, size_t index);
// The same for a number in milliseconds, whole.
std::optional<int64_t> deadline_ms_argument(const Call& call, size_t index);

}  // namespace slotway::backend
