#include "proxy/api/ask_workers.h"

#include <doctest/doctest.h>

#include <thread>

#include "metrics/registry.h"

namespace slotway::proxy {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Workers that run, without anything to serve.
struct Workers {
  explicit Workers(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      workers.push_back(std::make_unique<Worker>(
          server, i, registry.add_worker(), std::vector<std::shared_ptr<const PoolSettings>>{}));
      workers.back()->start();
    }
  }
  ~Workers() {
    for (const auto& worker : workers) worker->drain(0);
    for (const auto& worker : workers) worker->join();
  }

  metrics::Registry registry;
  Server server{{}, "none.yaml"};
  std::vector<std::unique_ptr<Worker>> workers;
};

using Numbers = api::Inquiry<std::vector<int>>;

}  // namespace

TEST_CASE("each worker answers on its own thread, in as many steps as it takes") {
  const Workers two(2);
  const auto inquiry = std::make_shared<Numbers>(2, [](Worker& worker, std::vector<int>& numbers) {
    numbers.push_back(static_cast<int>(10 * worker.number() + numbers.size()));
    return numbers.size() == worker.number() + 2;
  });
  for (const auto& worker : two.workers) inquiry->ask(*worker);
  const auto answers = inquiry->wait(seconds(20));
  REQUIRE(answers);
  CHECK(answers->at(0) == std::vector<int>{0, 1});
  CHECK(answers->at(1) == std::vector<int>{10, 11, 12});
}

TEST_CASE("between two steps a worker does what else it has to do") {
  const Workers one(1);
  std::atomic<bool> has_done_else{false};
  const auto inquiry = std::make_shared<Numbers>(1, [&](Worker& worker, std::vector<int>& numbers) {
    if (numbers.empty()) worker.loop().post([&] { has_done_else = true; });
    numbers.push_back(has_done_else);
    return numbers.size() == 3;
  });
  inquiry->ask(*one.workers[0]);
  const auto answers = inquiry->wait(seconds(20));
  REQUIRE(answers);
  CHECK(answers->at(0) == std::vector<int>{0, 1, 1});
}

TEST_CASE("a worker that does not come to an end is not waited for, and stops") {
  const Workers two(2);
  std::atomic<int> steps{0};
  const auto inquiry = std::make_shared<Numbers>(2, [&](Worker& worker, std::vector<int>&) {
    ++steps;
    return worker.number() == 0;
  });
  for (const auto& worker : two.workers) inquiry->ask(*worker);
  CHECK_FALSE(inquiry->wait(milliseconds(50)));
  CHECK(steps > 1);
  std::this_thread::sleep_for(milliseconds(50));
  const int before = steps;
  std::this_thread::sleep_for(milliseconds(50));
  CHECK(steps == before);
}

}  // namespace slotway::proxy
