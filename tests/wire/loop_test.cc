#include "wire/loop.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/wire/connection_parts.h"

namespace slotway::wire {

TEST_CASE("tasks run on the loop's thread in the order of the calls") {
  Loop loop;
  std::vector<int> order;
  std::thread::id where;
  std::thread runner([&] { loop.run(); });
  const std::thread::id expected = runner.get_id();
  for (int i = 0; i < 1000; ++i) loop.post([&order, i] { order.push_back(i); });
  loop.post([&] {
    where = std::this_thread::get_id();
    loop.stop();
  });
  runner.join();
  REQUIRE(order.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(order[static_cast<size_t>(i)] == i);
  CHECK(where == expected);
}

TEST_CASE("many threads may post") {
  Loop loop;
  int count = 0;  // touched by the loop's thread only
  std::vector<std::thread> posters;
  for (int t = 0; t < 4; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        loop.post([&] {
          if (++count == 2000) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& poster : posters) poster.join();
  CHECK(count == 2000);
}

TEST_CASE("a task may post another") {
  Loop loop;
  std::string order;
  loop.post([&] {
    order += "a";
    loop.post([&] {
      order += "c";
      loop.stop();
    });
    order += "b";
  });
  loop.run();
  CHECK(order == "abc");
}

TEST_CASE("a stopped loop can run again") {
  Loop loop;
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    loop.post([&] {
      ++runs;
      loop.stop();
    });
    loop.run();
  }
  CHECK(runs == 3);
}

TEST_CASE("a loop that never ran, or with tasks left, can be destroyed") {
  const auto alive = std::make_shared<int>(1);
  {
    Loop loop;
    loop.post([alive] {});
  }
  CHECK(alive.use_count() == 1);
}

TEST_CASE("output of timers goes out in the turn in which they fire") {
  Loop loop;
  Link link(loop);
  struct Timer {
    uv_timer_t handle;
    Connection* connection;
  } timer{{}, link.connection};
  uv_timer_init(loop.uv(), &timer.handle);
  timer.handle.data = &timer;
  uv_timer_start(
      &timer.handle,
      [](uv_timer_t* handle) {
        auto* self = static_cast<Timer*>(handle->data);
        self->connection->out().append("tick");
        self->connection->flush_soon();
        uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
      },
      1, 0);
  uv_run(loop.uv(), UV_RUN_ONCE);
  while (!uv_is_closing(reinterpret_cast<uv_handle_t*>(&timer.handle))) {
    uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
  run_turns(loop, 1);
  CHECK(link.connection->bytes_written() == 4);
}

TEST_CASE("the clock of a loop does not go back") {
  Loop loop;
  const uint64_t before = loop.now_ms();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  run_turns(loop, 1);
  CHECK(loop.now_ms() >= before + 4);
}

}  // namespace slotway::wire
