#include "backend/redaction.h"

#include <algorithm>

#include "backend/settings_table.h"
#include "wire/text.h"

namespace slotway::backend {

namespace {

constexpr std::string_view kRedacted = "(redacted)";

using Words = std::vector<std::string_view>;

void hide(Words& words, size_t from, size_t count) {
  for (size_t i = from; i < std::min(from + count, words.size()); ++i) words[i] = kRedacted;
}

void hide_secret_settings(Words& words) {
  for (size_t i = 2; i + 1 < words.size(); i += 2) {
    const SettingRow* const row = find_setting(words[i]);
    if (row && row->is_secret) words[i + 1] = kRedacted;
  }
}

// Hides what follows an option of this name.
void hide_behind(Words& words, size_t from, std::string_view option, size_t count) {
  for (size_t i = from; i < words.size(); ++i) {
    if (!wire::equal_ignoring_case(words[i], option)) continue;
    hide(words, i + 1, count);
    i += count;
  }
}

}  // namespace

std::vector<std::string_view> redacted(const wire::Command& command, wire::Args args) {
  Words words(args.begin(), args.end());
  const std::string_view name = command.full_name;
  if (name == "auth") {
    hide(words, 1, words.size());
  } else if (name == "hello") {
    hide_behind(words, 2, "auth", 2);
  } else if (name == "config|set") {
    hide_secret_settings(words);
  } else if (name == "acl|setuser") {
    hide(words, 2, words.size());
  } else if (name == "migrate") {
    hide_behind(words, 6, "auth", 1);
    hide_behind(words, 6, "auth2", 2);
  }
  return words;
}

}  // namespace slotway::backend
