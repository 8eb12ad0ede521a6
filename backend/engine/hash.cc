#include "backend/engine/hash.h"

#include <random>

namespace slotway::backend {

namespace {

uint64_t draw() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

const HashSecret kHashSecret = {draw(), draw()};

}  // namespace slotway::backend
