#include "backend/call.h"

namespace slotway::backend {

bool Call::may_block() const { return false; }

void Call::block(std::span<const std::string_view>, int64_t) const { reply.null_array(); }

}  // namespace slotway::backend
