// Ports of 127.0.0.1 for servers of tests.
#pragma once

#include <cstdint>

namespace slotway::tests {

// A port that nobody listened on a moment ago. It lies below the range from which the kernel takes
// the ports of outgoing connections, so that no client of another test gets it meanwhile.
uint16_t free_port();

}  // namespace slotway::tests
