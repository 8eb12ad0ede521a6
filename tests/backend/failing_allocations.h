// FailingAllocations: while one lives, some of the allocations of this thread find no memory.
//
// The program is linked with --wrap for the functions that give memory (CMakeLists.txt), so that
// what its own code calls comes here; the libraries' own calls do not.
#pragma once

#include <cstdint>

namespace slotway::backend {

class FailingAllocations {
 public:
  // Of those that could fail, every `every`-th one does on average, drawn by lot.
  explicit FailingAllocations(uint32_t every);
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();

  // How many have.
  uint64_t failed() const;
};

}  // namespace slotway::backend
