#include "backend/client_limit.h"

#include <algorithm>
#include <cstddef>

#include "wire/descriptor_limit.h"

namespace slotway::backend {

namespace {

constexpr size_t kReserved = 32;  // listeners, the loop's own, the log, one more to refuse with

}  // namespace

uint32_t make_room_for_clients(uint32_t wanted) {
  const size_t available = wire::raise_descriptor_limit(wanted + kReserved);
  const size_t clients = available > kReserved ? available - kReserved : 0;
  return static_cast<uint32_t>(std::min<size_t>(clients, wanted));
}

}  // namespace slotway::backend
