#include "wire/descriptor_limit.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace slotway::wire {

namespace {

size_t soft_limit() {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  return limit.rlim_cur;
}

// Puts back what the test changes.
class Restored {
 public:
  Restored() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~Restored() { setrlimit(RLIMIT_NOFILE, &before_); }

  size_t hard() const { return before_.rlim_max; }
  void set_soft(size_t soft) const {
    const rlimit limit{soft, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("the limit of descriptors is raised as far as it is wanted and allowed") {
  const Restored restored;
  restored.set_soft(100);
  CHECK(raise_descriptor_limit(200) == 200);
  CHECK(soft_limit() == 200);
  CHECK(raise_descriptor_limit(50) == 200);  // never lowered
  CHECK(soft_limit() == 200);
  CHECK(raise_descriptor_limit(restored.hard()) == restored.hard());
  CHECK(soft_limit() == restored.hard());
  restored.set_soft(100);
  if (restored.hard() != RLIM_INFINITY) {
    CHECK(raise_descriptor_limit(restored.hard() + 1) == restored.hard());
  }
}

}  // namespace slotway::wire
