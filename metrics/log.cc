#include "metrics/log.h"

#include <fmt/format.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

namespace slotway::metrics::log {
namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

std::string_view level_word(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return name_of(Level::kDebug);
    case spdlog::level::info:
      return name_of(Level::kInfo);
    case spdlog::level::warn:
      return name_of(Level::kWarn);
    default:
      return name_of(Level::kError);
  }
}

// "2024-05-01T12:00:00.123Z"
std::string utc_time(std::chrono::system_clock::time_point time) {
  const auto since_epoch = time.time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ms % 1000);
}

// No line break and no terminal sequence of a client's gets into the log as it is.
void append_printable(std::string& line, std::string_view message) {
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
}

std::string text_line(const spdlog::details::log_msg& message) {
  std::string line = fmt::format("{} {:<5} ", utc_time(message.time), level_word(message.level));
  append_printable(line, {message.payload.data(), message.payload.size()});
  return line += '\n';
}

nlohmann::ordered_json json_of(const spdlog::details::log_msg& message) {
  nlohmann::ordered_json line;
  line["time"] = utc_time(message.time);
  line["level"] = level_word(message.level);
  line["message"] = std::string_view(message.payload.data(), message.payload.size());
  return line;
}

std::string text_of(const nlohmann::ordered_json& line) {
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

// Writes each line with one call, so that lines of several processes on one pipe do not mix.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(std::FILE* stream, Format format) : stream_(stream), format_(format) {}

  // A message of spdlog's is text, so what is to stay an object does not come through it.
  void write_object(std::string_view name, std::string_view object) {
    const auto said = [](std::string_view text) {
      return spdlog::details::log_msg("slotway", spdlog::level::info, {text.data(), text.size()});
    };
    std::string line;
    if (format_ == Format::kJson) {
      nlohmann::ordered_json json = json_of(said(name));
      json[name] = nlohmann::ordered_json::parse(object);
      line = text_of(json);
    } else {
      line = text_line(said(fmt::format("{} {}", name, object)));
    }
    const std::lock_guard lock(mutex_);
    write_line(line);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_line(format_ == Format::kJson ? text_of(json_of(message)) : text_line(message));
  }
  void flush_() override { std::fflush(stream_); }

 private:
  void write_line(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stream_);
    std::fflush(stream_);
  }

  std::FILE* const stream_;
  const Format format_;
};

struct Output {
  explicit Output(const Options& options)
      : sink(std::make_shared<LineSink>(options.stream, options.format)), logger("slotway", sink) {
    logger.set_level(spdlog::level::trace);  // set_level() decides
  }

  std::shared_ptr<LineSink> sink;
  spdlog::logger logger;
};

// Never destroyed: a thread may log while the process exits.
std::unique_ptr<Output>& output() {
  static auto* instance = new std::unique_ptr<Output>(std::make_unique<Output>(Options{}));
  return *instance;
}

std::atomic<Level> current_level{Level::kInfo};
std::atomic<bool> is_audited{false};

}  // namespace

std::optional<Level> level_from(std::string_view word) {
  const auto* const at = std::ranges::find(kLevels, word);
  if (at == std::end(kLevels)) return std::nullopt;
  return static_cast<Level>(at - std::begin(kLevels));
}

std::optional<Format> format_from(std::string_view word) {
  if (word == "text") return Format::kText;
  if (word == "json") return Format::kJson;
  return std::nullopt;
}

void init(const Options& options) {
  output() = std::make_unique<Output>(options);
  set_level(options.level);
}

void set_level(Level level) { current_level.store(level, std::memory_order_relaxed); }

Level level() { return current_level.load(std::memory_order_relaxed); }

std::string_view name_of(Level level) { return kLevels[static_cast<size_t>(level)]; }

bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed); }

void set_audit(bool on) { is_audited.store(on, std::memory_order_relaxed); }

bool audits() { return is_audited.load(std::memory_order_relaxed); }

void audit(std::string_view message) {
  if (audits()) output()->logger.log(spdlog::level::info, "audit: {}", message);
}

void write_object(std::string_view name, std::string_view object) {
  output()->sink->write_object(name, object);
}

void write(Level level, std::string_view message) {
  if (!enabled(level)) return;
  output()->logger.log(spdlog_level(level), spdlog::string_view_t(message.data(), message.size()));
}

RateLimited::RateLimited(uint32_t lines, std::chrono::milliseconds interval, Clock now)
    : lines_(lines), interval_(interval), now_(std::move(now)) {}

std::optional<uint64_t> RateLimited::admit() {
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  if (!interval_start_ || now - *interval_start_ >= interval_) {
    interval_start_ = now;
    written_ = 0;
  }
  if (written_ >= lines_) {
    ++left_out_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(left_out_, 0);
}

void RateLimited::write_line(Level level, std::string message, uint64_t left_out) {
  if (left_out != 0) message += fmt::format(" ({} more like this were not logged)", left_out);
  log::write(level, message);
}

}  // namespace slotway::metrics::log
