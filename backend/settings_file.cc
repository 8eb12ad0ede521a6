#include "backend/settings_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "backend/settings_table.h"
#include "wire/inline_request.h"

namespace slotway::backend {

namespace {

// Empty, or what is wrong with the line. It is split as an inline command is.
std::string take_line(std::string_view line, Settings& settings) {
  std::string unquoted;
  std::vector<std::string_view> words;
  if (!wire::split_inline(line, unquoted, words)) return "unbalanced quotes";
  if (words.empty() || words[0].starts_with('#')) return {};
  if (words.size() < 2) return "expected a value behind '" + std::string(words[0]) + "'";
  // Several words, such as addresses, are one value.
  std::string value(words[1]);
  for (size_t i = 2; i < words.size(); ++i) value += " " + std::string(words[i]);
  const std::string wrong = set_setting(settings, words[0], value);
  return wrong.empty() ? wrong : "'" + std::string(words[0]) + "': " + wrong;
}

// The line of a setting; the value is one word, whatever is in it.
std::string line_of(const SettingRow& row, const Settings& settings) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/@+-_";
  const std::string value = row.value(settings);
  std::string line = std::string(row.name) + " ";
  if (!value.empty() && value.find_first_not_of(kPlain) == std::string::npos) return line + value;
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      line += {'\\', c};
    } else if (byte >= ' ' && byte < 127) {
      line += c;
    } else {
      line += {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 0xf]};
    }
  }
  return line + '"';
}

// Null for a comment, an empty line, a setting that is not known.
const SettingRow* setting_of(std::string_view line) {
  std::string unquoted;
  std::vector<std::string_view> words;
  if (!wire::split_inline(line, unquoted, words) || words.empty()) return nullptr;
  return find_setting(words[0]);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string rewritten_settings(std::string_view text, const Settings& settings) {
  constexpr std::string_view kMark = "# Written by CONFIG REWRITE";
  std::string result;
  std::set<const SettingRow*> written;
  bool is_marked = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    is_marked = is_marked || line == kMark;
    const SettingRow* const row = setting_of(line);
    if (!row) {
      result += std::string(line) + '\n';
    } else if (written.insert(row).second) {
      result += line_of(*row, settings) + '\n';
    }
  }
  const Settings defaults;
  for (const SettingRow* const row : setting_rows()) {
    if (row->value(settings) == row->value(defaults) || !written.insert(row).second) continue;
    if (!is_marked) result += std::string(kMark) + '\n';
    is_marked = true;
    result += line_of(*row, settings) + '\n';
  }
  return result;
}

Status rewrite_settings_file(const Settings& settings) {
  const std::string fresh = settings.file + ".new";
  const auto failed = [&]() -> Status { return Error{"config", std::strerror(errno)}; };
  const std::string text = rewritten_settings(content_of(settings.file), settings);
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return failed();
  }
  if (std::rename(fresh.c_str(), settings.file.c_str()) != 0) return failed();
  return success();
}

Status read_settings(std::string_view text, const std::string& name, Settings& settings) {
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    if (content.ends_with('\r')) content.remove_suffix(1);
    const std::string wrong = take_line(content, settings);
    if (!wrong.empty()) return Error{"config", name + ":" + std::to_string(line) + ": " + wrong};
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return success();
}

Status read_settings_file(const std::string& path, Settings& settings) {
  std::ifstream file(path);
  if (!file) return Error{"config", path + ": " + std::strerror(errno)};
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  settings.file = path;
  return read_settings(text, path, settings);
}

}  // namespace slotway::backend
