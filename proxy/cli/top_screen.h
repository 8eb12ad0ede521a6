// The screen of `slotway top`: what the admin API answers as lines of text. A pure function.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace slotway::proxy::cli {

// The answers of the pages of these names; of history, the newest second.
struct TopAnswers {
  nlohmann::json version;
  nlohmann::json history;
  nlohmann::json shards;
  nlohmann::json hot_keys;
  nlohmann::json slow_log;
  nlohmann::json big_keys;
};

struct ScreenSize {
  size_t rows;
  size_t columns;
};

enum class Look { kPlain, kTitle, kAlert };

struct ScreenLine {
  std::string text;  // safe to be shown, see text.h
  Look look = Look::kPlain;
};

// At most so many lines of at most so many columns. Each of shards, hot keys, slow log and big keys
// has its share of the rows, and leaves to the others what it does not need. Throws
// nlohmann::json::exception if the answers are not what the API says.
std::vector<ScreenLine> top_screen(const TopAnswers& answers, ScreenSize size);

}  // namespace slotway::proxy::cli
