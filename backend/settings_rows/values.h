// What the values of settings may be: numbers, amounts of memory, yes or no, one of a few words.
// Each makes the row of a setting that is one plain member of Settings. Errors are in Redis's
// words. Stateless.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/settings_table.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::backend {

// "10", "1k" (1000), "1kb" (1024), "2gb".
std::optional<uint64_t> parse_bytes(std::string_view text);
std::vector<std::string> split_words(std::string_view text);
std::string must_lie(int64_t least, uint64_t most);
std::string must_be_one_of(std::span<const std::string_view> words);

// ---- rows of settings that can be changed at any time

template <auto kField, int64_t kLeast, uint64_t kMost>
std::string set_number(Settings& settings, std::string_view text) {
  const auto number = wire::parse_integer(text);
  if (!number) return "argument couldn't be parsed into an integer";
  if (*number < kLeast || (*number >= 0 && static_cast<uint64_t>(*number) > kMost)) {
    return must_lie(kLeast, kMost);
  }
  settings.*kField = static_cast<std::remove_reference_t<decltype(settings.*kField)>>(*number);
  return {};
}

template <auto kField>
std::string get_number(const Settings& settings) {
  return std::to_string(settings.*kField);
}

template <auto kField, int64_t kLeast, uint64_t kMost>
constexpr SettingRow number(std::string_view name, std::string_view old_name = {}) {
  return {.name = name,
          .get = &get_number<kField>,
          .set = &set_number<kField, kLeast, kMost>,
          .old_name = old_name};
}

template <auto kField, uint64_t kLeast, uint64_t kMost>
std::string set_bytes(Settings& settings, std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) return "argument must be a memory value";
  if (*bytes < kLeast || *bytes > kMost) return must_lie(kLeast, kMost);
  settings.*kField = *bytes;
  return {};
}

template <auto kField, uint64_t kLeast = 0, uint64_t kMost = INT64_MAX>
constexpr SettingRow bytes(std::string_view name, std::string_view old_name = {}) {
  return {.name = name,
          .get = &get_number<kField>,
          .set = &set_bytes<kField, kLeast, kMost>,
          .old_name = old_name};
}

template <auto kField>
constexpr SettingRow yes_or_no(std::string_view name) {
  return {
      .name = name,
      .get = [](const Settings& settings) { return std::string(settings.*kField ? "yes" : "no"); },
      .set =
          [](Settings& settings, std::string_view text) {
            const bool yes = wire::equal_ignoring_case(text, "yes");
            if (!yes && !wire::equal_ignoring_case(text, "no")) {
              return std::string("argument must be 'yes' or 'no'");
            }
            settings.*kField = yes;
            return std::string();
          }};
}

// The member is the index of the word.
template <auto kField, const auto& kWords>
constexpr SettingRow one_of(std::string_view name) {
  return {.name = name,
          .get =
              [](const Settings& settings) {
                return std::string(kWords[static_cast<size_t>(settings.*kField)]);
              },
          .set =
              [](Settings& settings, std::string_view text) {
                for (size_t i = 0; i < std::size(kWords); ++i) {
                  if (!wire::equal_ignoring_case(text, kWords[i])) continue;
                  settings.*kField =
                      static_cast<std::remove_reference_t<decltype(settings.*kField)>>(i);
                  return std::string();
                }
                return must_be_one_of(kWords);
              }};
}

}  // namespace slotway::backend
