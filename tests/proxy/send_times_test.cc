#include "proxy/upstream/send_times.h"

#include <doctest/doctest.h>

#include "proxy/reply_times.h"

namespace slotway::proxy {

TEST_CASE("each request has the times of the turn that it was routed in") {
  SendTimes times;
  CHECK(times.find(1) == nullptr);
  times.turn(2, 100, 10);
  times.turn(2, 100, 11);  // nothing new
  times.turn(5, 300, 20);
  CHECK_FALSE(times.all_written());
  times.written(99, 12);
  CHECK(times.find(1)->sent_ns == 0);
  times.written(299, 21);
  CHECK(times.find(1)->routed_ns == 10);
  CHECK(times.find(2)->sent_ns == 21);
  CHECK(times.find(3)->routed_ns == 20);
  CHECK(times.find(5)->sent_ns == 0);
  times.written(300, 30);
  CHECK(times.all_written());
  CHECK(times.find(5)->sent_ns == 30);
  CHECK(times.find(6) == nullptr);
}

TEST_CASE("more turns than there is room for") {
  SendTimes times;
  for (uint64_t i = 1; i <= 1000; ++i) {
    times.turn(i, 10 * i, i);
    if (i % 7 == 0) times.written(10 * i, i);
  }
  times.written(10'000, 2000);
  CHECK(times.all_written());
  for (uint64_t i = 1; i <= 1000; ++i) {
    const SendTimes::Mark* const mark = times.find(i);
    REQUIRE(mark != nullptr);
    CHECK(mark->last_request >= i);
    CHECK(mark->sent_ns != 0);
    if (i < 32) {
      CHECK(mark->routed_ns == i);
      CHECK(mark->sent_ns >= i);
    }
  }
  CHECK(times.find(1001) == nullptr);
  times.turn(1001, 10'010, 3000);
  CHECK(times.find(1001)->routed_ns == 3000);
}

TEST_CASE("a reply that is seen before the end of the write") {
  SendTimes times;
  times.turn(1, 10, 1);
  CHECK(times.find(2) == nullptr);
  times.turn(2, 20, 2);
  times.written(20, 3);
  CHECK(times.find(2)->sent_ns == 3);
  times.turn(3, 30, 4);
  times.clear();
  CHECK(times.find(3) == nullptr);
  CHECK(times.all_written());
}

TEST_CASE("the stages add up to the time that a reply took") {
  const auto check = [](uint64_t started, SendTimes::Mark mark, uint64_t now, uint64_t route,
                        uint64_t queue, uint64_t shard) {
    const ReplyTimes times = times_of(started, 0, {{&mark, nullptr}, now});
    CHECK(times.route_ns == route);
    CHECK(times.queue_ns == queue);
    CHECK(times.shard_ns == shard);
    CHECK(times.total_ns() == now - started);
  };
  check(10, {.routed_ns = 15, .sent_ns = 18}, 30, 5, 3, 12);
  check(10, {.routed_ns = 15, .sent_ns = 0}, 30, 5, 15, 0);
  check(10, {.routed_ns = 5, .sent_ns = 40}, 30, 0, 20, 0);
  check(10, {.routed_ns = 50, .sent_ns = 60}, 30, 20, 0, 0);
  // What it was held before has no other place than the first.
  const SendTimes::Mark mark{.routed_ns = 15, .sent_ns = 18};
  CHECK(times_of(10, 100, {{&mark, nullptr}, 30}).route_ns == 105);
  CHECK(times_of(10, 100, {{&mark, nullptr}, 30}).total_ns() == 120);
  CHECK(times_of(10, 100, {{}, 30}).route_ns == 100);
  CHECK(times_of(10, 100, {{}, 30}).total_ns() == 120);
}

}  // namespace slotway::proxy
