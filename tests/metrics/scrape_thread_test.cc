#include "metrics/scrape_thread.h"

#include <doctest/doctest.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace slotway::metrics;

namespace {

// Counts how often it was collected, and from which threads.
class Source : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    if (broken) throw std::runtime_error("broken");
    const bool first = collecting.fetch_add(1) == 0;
    overlapped = overlapped || !first;
    prometheus::ClientMetric metric;
    metric.gauge.value = ++collected;
    collecting.fetch_sub(1);
    return {{"count", "How often.", prometheus::MetricType::Gauge, {metric}}};
  }

  mutable std::atomic<int> collected{0};
  mutable std::atomic<int> collecting{0};
  mutable std::atomic<bool> overlapped{false};
  std::atomic<bool> broken{false};
};

}  // namespace

TEST_CASE("each text is collected after it was asked for") {
  const auto source = std::make_shared<Source>();
  ScrapeThread scrapes(source);
  for (int i = 1; i <= 3; ++i) {
    const auto text = scrapes.text();
    REQUIRE(text != nullptr);
    CHECK(text->find("\ncount " + std::to_string(i) + "\n") != std::string::npos);
  }
}

TEST_CASE("many askers at once all get a text, and share what they can") {
  const auto source = std::make_shared<Source>();
  ScrapeThread scrapes(source);
  std::atomic<int> good{0};
  std::vector<std::thread> askers;
  for (int t = 0; t < 8; ++t) {
    askers.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const int before = source->collected;
        const auto text = scrapes.text();
        const int shown = text == nullptr ? 0 : std::stoi(text->substr(text->rfind("count ") + 6));
        good += shown > before;
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  CHECK(good == 800);
  CHECK_FALSE(source->overlapped);
  CHECK(source->collected <= 800);
}

TEST_CASE("a failure is a null text, and the next one works again") {
  const auto source = std::make_shared<Source>();
  ScrapeThread scrapes(source);
  source->broken = true;
  CHECK(scrapes.text() == nullptr);
  source->broken = false;
  CHECK(scrapes.text() != nullptr);
}
