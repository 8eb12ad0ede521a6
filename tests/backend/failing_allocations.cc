#include "tests/backend/failing_allocations.h"

#include <cstdlib>
#include <new>

namespace slotway::backend {

namespace {

thread_local uint32_t every = 0;  // 0: none
thread_local uint64_t failed = 0;
thread_local uint64_t state = 1;  // of a linear congruential generator

bool fails() {
  if (every == 0) return false;
  state = state * 6364136223846793005 + 1442695040888963407;
  if ((state >> 33) % every != 0) return false;
  ++failed;
  return true;
}

}  // namespace

FailingAllocations::FailingAllocations(uint32_t each) {
  every = each;
  slotway::backend::failed = 0;
}

FailingAllocations::~FailingAllocations() { every = 0; }

uint64_t FailingAllocations::failed() const { return slotway::backend::failed; }

}  // namespace slotway::backend

// NOLINTBEGIN: the linker gives these names.
extern "C" {
void* __real_malloc(size_t size);
void* __real_realloc(void* memory, size_t size);
void* __real__Znwm(size_t size);
void* __real__ZnwmRKSt9nothrow_t(size_t size, const std::nothrow_t& tag);

void* __wrap_malloc(size_t size) {
  return slotway::backend::fails() ? nullptr : __real_malloc(size);
}
void* __wrap_realloc(void* memory, size_t size) {
  return slotway::backend::fails() ? nullptr : __real_realloc(memory, size);
}
void* __wrap__Znwm(size_t size) {
  if (slotway::backend::fails()) throw std::bad_alloc();
  return __real__Znwm(size);
}
void* __wrap__ZnwmRKSt9nothrow_t(size_t size, const std::nothrow_t& tag) {
  return slotway::backend::fails() ? nullptr : __real__ZnwmRKSt9nothrow_t(size, tag);
}
}
// NOLINTEND
