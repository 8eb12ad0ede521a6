#include "backend/call.h"

namespace slotway::backend {

bool Call::may_block() const { return client.may_wait(); }

void Call::block(std::span<const std::string_view> keys, int64_t deadline_ms) const {
  client.begin_wait(command, args, keys, deadline_ms);
}

}  // namespace slotway::backend
