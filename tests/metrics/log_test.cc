#include "metrics/log.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace slotway::metrics;

namespace {

// Sends the log to a file while it lives.
class Capture {
 public:
  explicit Capture(log::Format format, log::Level level = log::Level::kInfo)
      : file_(std::tmpfile()) {
    REQUIRE(file_ != nullptr);
    log::init({level, format, file_});
  }
  ~Capture() {
    log::init({});
    std::fclose(file_);
  }

  std::string text() const {
    std::string all;
    std::rewind(file_);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) all += static_cast<char>(c);
    return all;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::istringstream stream(text());
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }

 private:
  std::FILE* file_;
};

std::string every_byte() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  return bytes;
}

}  // namespace

TEST_CASE("words of the configuration") {
  CHECK(log::level_from("warn") == log::Level::kWarn);
  CHECK(log::level_from("debug") == log::Level::kDebug);
  CHECK_FALSE(log::level_from("loud"));
  CHECK(log::format_from("json") == log::Format::kJson);
  CHECK(log::format_from("text") == log::Format::kText);
  CHECK_FALSE(log::format_from("xml"));
}

TEST_CASE("a text line has time, level and message") {
  Capture capture(log::Format::kText);
  log::warn("shard {} is {}", "a", 42);
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() == std::string("2024-01-01T00:00:00.000Z warn  shard a is 42").size());
  CHECK(lines[0].substr(0, 2) == "20");
  CHECK(lines[0].substr(23) == "Z warn  shard a is 42");
}

TEST_CASE("no message breaks a text line or reaches the terminal as a control sequence") {
  Capture capture(log::Format::kText);
  log::info("{}", "one\r\ntwo \x1b[31m red");
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("one\\x0d\\x0atwo \\x1b[31m red") != std::string::npos);
}

TEST_CASE("a JSON line parses and gives the message back") {
  Capture capture(log::Format::kJson);
  const std::string message = "quote \" backslash \\ newline \n tab \t bell \a nul " +
                              std::string(1, '\0') + " umlaut \xc3\xbc";
  log::error("{}", message);
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  const auto line = nlohmann::json::parse(lines[0]);
  CHECK(line["message"] == message);
  CHECK(line["level"] == "error");
  CHECK(line["time"].get<std::string>().size() == 24);
  CHECK(line.size() == 3);
}

TEST_CASE("JSON stays valid whatever the bytes") {
  Capture capture(log::Format::kJson);
  log::info("{}", every_byte());
  log::info("{}", "cut \xe2\x82");
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 2);
  for (const std::string& line : lines) CHECK(nlohmann::json::accept(line));
}

TEST_CASE("an object stays one in a JSON line, and is text in a text line, whatever the level") {
  const std::string object = R"({"key":"a \"b\"","stages_us":{"shard":5}})";
  {
    Capture capture(log::Format::kJson, log::Level::kError);
    log::write_object("trace", object);
    const auto lines = capture.lines();
    REQUIRE(lines.size() == 1);
    const auto line = nlohmann::json::parse(lines[0]);
    CHECK(line["message"] == "trace");
    CHECK(line["level"] == "info");
    CHECK(line["time"].get<std::string>().size() == 24);
    CHECK(line["trace"]["key"] == "a \"b\"");
    CHECK(line["trace"]["stages_us"]["shard"] == 5);
    CHECK(line.size() == 4);
  }
  Capture capture(log::Format::kText, log::Level::kError);
  log::write_object("trace", object);
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("Z info  trace " + object));
}

TEST_CASE("what is below the level is not written, and the level can change") {
  Capture capture(log::Format::kText, log::Level::kWarn);
  log::info("silent");
  log::set_level(log::Level::kDebug);
  log::debug("spoken");
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("debug spoken") != std::string::npos);
}

TEST_CASE("lines of several threads stay whole") {
  Capture capture(log::Format::kJson);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) log::info("thread {} line {}", t, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = capture.lines();
  CHECK(lines.size() == 800);
  size_t valid = 0;
  for (const std::string& line : lines) valid += nlohmann::json::accept(line);
  CHECK(valid == 800);
}

TEST_CASE("a rate limit lets so many lines through in each interval and tells the rest") {
  Capture capture(log::Format::kText);
  std::chrono::steady_clock::time_point now{};
  log::RateLimited limited(2, std::chrono::seconds(60), [&now] { return now; });
  for (int i = 0; i < 5; ++i) limited.write(log::Level::kWarn, "bad client {}", i);
  CHECK(capture.lines().size() == 2);
  now += std::chrono::milliseconds(59'999);
  limited.write(log::Level::kWarn, "bad client {}", 5);
  CHECK(capture.lines().size() == 2);
  now += std::chrono::milliseconds(1);
  limited.write(log::Level::kWarn, "bad client {}", 6);
  limited.write(log::Level::kWarn, "bad client {}", 7);
  limited.write(log::Level::kWarn, "bad client {}", 8);
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].find("bad client 1") != std::string::npos);
  CHECK(lines[1].find("not logged") == std::string::npos);
  CHECK(lines[2].find("bad client 6 (4 more like this were not logged)") != std::string::npos);
  CHECK(lines[3].find("bad client 7") != std::string::npos);
  CHECK(lines[3].find("not logged") == std::string::npos);
}

TEST_CASE("a line below the level uses up nothing of the limit") {
  Capture capture(log::Format::kText);
  log::RateLimited limited(1, std::chrono::hours(1));
  limited.write(log::Level::kDebug, "unseen");
  limited.write(log::Level::kError, "seen");
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("error seen") != std::string::npos);
}
