// observe: what is noted of requests.

#include "config/observe.h"

#include <chrono>

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

using std::chrono::milliseconds;

std::string file_with(std::string_view observe) {
  return pool_with("") + "\nobserve: " + std::string(observe) + "\n";
}
Observe observe_of(std::string_view text) { return parsed(file_with(text)).observe; }

}  // namespace

TEST_CASE("observe: the defaults") {
  CHECK(parsed(pool_with("")).observe == Observe{});
  CHECK(observe_of("{}") == Observe{});
  CHECK(observe_of("{ slow_log: {}, big_keys: {} }") == Observe{});
}

TEST_CASE("observe: every setting") {
  const Observe read = observe_of(
      "{ latency: false, slow_log: { threshold: 250ms, entries: 7 }, "
      "big_keys: { threshold: 64KiB, entries: 8 }, trace: 1000 }");
  CHECK(!read.latency);
  CHECK(read.slow_threshold == milliseconds(250));
  CHECK(read.slow_entries == 7);
  CHECK(read.big_threshold == 65536);
  CHECK(read.big_entries == 8);
  CHECK(read.trace_one_in == 1000);
  CHECK(observe_of("{ slow_log: { threshold: 0 } }").slow_threshold == milliseconds(0));
}

TEST_CASE("observe: what is off") {
  CHECK(!observe_of("{ slow_log: off }").slow_threshold);
  CHECK(observe_of("{ slow_log: off }").big_threshold);
  CHECK(!observe_of("{ big_keys: off }").big_threshold);
  const Observe off = observe_of("off");
  CHECK(!off.latency);
  CHECK(!off.slow_threshold);
  CHECK(!off.big_threshold);
  CHECK(off.trace_one_in == 0);
}

TEST_CASE("observe: what is refused") {
  const auto error_of = [](std::string_view text) { return error_in(file_with(text)); };
  CHECK(error_of("on").find("observe") != std::string::npos);
  CHECK(error_of("{ slow: {} }").find("unknown") != std::string::npos);
  CHECK(error_of("{ slow_log: 5 }").find("slow_log") != std::string::npos);
  CHECK(error_of("{ slow_log: { threshold: fast } }").find("threshold") != std::string::npos);
  CHECK(error_of("{ slow_log: { entries: 0 } }").find("entries") != std::string::npos);
  CHECK(error_of("{ big_keys: { threshold: 1023 } }").find("1KiB") != std::string::npos);
  CHECK(error_of("{ trace: -1 }").find("trace") != std::string::npos);
}

}  // namespace slotway::config
