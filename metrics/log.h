// log: the program's log, one line an event, as text or as JSON, to stderr.
//
// One log for the process; any thread may write. A line stays one line and valid JSON whatever
// bytes a message holds: control characters are escaped, in JSON bytes that are not UTF-8 replaced.
// A message that a client or a shard can cause at will goes through a RateLimited.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slotway::metrics::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : uint8_t { kText, kJson };

// "debug", "info", "warn", "error"; "text", "json". Nothing for any other word.
std::optional<Level> level_from(std::string_view word);
std::optional<Format> format_from(std::string_view word);

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::FILE* stream = stderr;  // not owned; stays open for as long as the log is used
};

// Before it, the log writes as by Options{}. Callable again, when no other thread is writing.
void init(const Options& options);
// At any time, from any thread (a reload).
void set_level(Level level);
Level level();
std::string_view name_of(Level level);
bool enabled(Level level);

// Whether it is written who comes, logs in and goes. The same.
void set_audit(bool on);
bool audits();
// Writes one line, "audit: ...", whatever the level, and leaves none out; nothing unless audits().
void audit(std::string_view message);

// Writes one line whatever the level, for whoever asked for it is not to miss it by that: a JSON
// object under its name. As text it is "NAME {...}"; as JSON the line has `name` for its message
// and, under that name, the object itself. `object` is valid JSON without line breaks.
void write_object(std::string_view name, std::string_view object);

// Writes one line, if the level is enabled.
void write(Level level, std::string_view message);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug)) {
    write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarn)) write(Level::kWarn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kError)) {
    write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
  }
}

// At most `lines` lines in each `interval`; the first one behind a gap says how many were left out.
// One object for each place in the code that logs, usually a static; any thread may use it.
class RateLimited {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  RateLimited(uint32_t lines, std::chrono::milliseconds interval,
              Clock now = &std::chrono::steady_clock::now);

  template <typename... Args>
  void write(Level level, fmt::format_string<Args...> format, Args&&... args) {
    if (!enabled(level)) return;
    if (const std::optional<uint64_t> left_out = admit()) {
      write_line(level, fmt::format(format, std::forward<Args>(args)...), *left_out);
    }
  }

  // Asks for one line: nothing if it must be left out, else how many were left out before it.
  std::optional<uint64_t> admit();

 private:
  static void write_line(Level level, std::string message, uint64_t left_out);

  const uint32_t lines_;
  const std::chrono::milliseconds interval_;
  const Clock now_;

  std::mutex mutex_;  // guards what follows
  std::optional<std::chrono::steady_clock::time_point> interval_start_;
  uint32_t written_ = 0;   // in this interval
  uint64_t left_out_ = 0;  // since the last line
};

}  // namespace slotway::metrics::log
