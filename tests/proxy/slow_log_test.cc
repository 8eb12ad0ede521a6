#include "proxy/slow_log.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

ObservedRequest at(int64_t unix_ms) {
  ObservedRequest request;
  request.unix_ms = unix_ms;
  return request;
}

}  // namespace

TEST_CASE("the newest come first, and no more are kept than may be") {
  SlowLog log;
  for (int64_t i = 0; i < 5; ++i) log.add(at(i), 3);
  CHECK(log.size() == 3);
  const auto newest = log.newest(2);
  REQUIRE(newest.size() == 2);
  CHECK(newest[0]->id == 4);
  CHECK(newest[0]->unix_ms == 4);
  CHECK(newest[1]->id == 3);
  CHECK(log.newest(SIZE_MAX).size() == 3);
  log.clear();
  CHECK(log.size() == 0);
  log.add(at(9), 3);
  CHECK(log.newest(1).front()->id == 5);  // ids are not used again
  log.add(at(10), 0);
  CHECK(log.size() == 0);
}

TEST_CASE("of one second not more than so many are kept") {
  SlowLog log;
  for (uint32_t i = 0; i < SlowLog::kMostASecond; ++i) CHECK(log.admit(5));
  CHECK_FALSE(log.admit(5));
  CHECK(log.admit(6));
  CHECK(log.admit(5));  // told late: it counts for the second that is now
}

TEST_CASE("the time of a request is that of its stages") {
  ObservedRequest request;
  for (size_t i = 0; i < metrics::kStageCount; ++i) request.stages_ns[i] = 1u << i;
  CHECK(request.total_ns() == (1u << metrics::kStageCount) - 1);
}

}  // namespace slotway::proxy
