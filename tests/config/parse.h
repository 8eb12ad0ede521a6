// What the tests of config share: parsing a text with password and hash files that are only in
// memory.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "config/load.h"

namespace slotway::config {

// Of "secret" and "other secret".
inline const std::string kSecretHash =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
inline const std::string kOtherHash =
    "bd4106123e659e259c401119d0c7ef0a221df306a5a414b6fb6a579499962d26";

inline Result<std::string> read_test_file(const std::string& path) {
  static const std::map<std::string, std::string> kFiles = {
      {"/run/hashes",
       "# the clients' passwords\n\n" + kSecretHash + "  # old\r\n\t" + kOtherHash + " "},
      {"/run/comments", "# none yet\n\n"},
      {"/run/plain", kSecretHash + "\n\nsecret\n"},
      {"/run/sum", kSecretHash + "  -\n"},
      {"dir/hash", kOtherHash + "\n"},
      {"/run/pass", "secret\n"},
      {"/run/token", "of-a-file\nsecond\n"},
      {"/run/crlf", "secret\r\nsecond\r\n"},
      {"/run/bare", "secret"},
      {"/run/other", "other secret\n"},
      {"/run/empty", ""},
      {"/run/blank", "\nsecret\n"},
      {"/run/long", std::string(4097, 'x')},
      {"dir/beside", "relative\n"},
  };
  const auto found = kFiles.find(path);
  if (found == kFiles.end()) return Error{"config", "No such file or directory"};
  return found->second;
}

inline Result<Config> parse(std::string_view text) {
  return parse_config(text, "dir/f.yaml", read_test_file);
}

// The configuration; fails the test if there is an error.
inline Config parsed(std::string_view text) {
  Result<Config> result = parse(text);
  INFO(text);
  REQUIRE_MESSAGE(result.ok(), result.error().message);
  return std::move(result).value();
}

// The error without "dir/f.yaml:", so "LINE:COLUMN: ..."; empty if there is none.
inline std::string error_in(std::string_view text) {
  const Result<Config> result = parse(text);
  if (result.ok()) return {};
  CHECK(result.error().code == "config");
  constexpr std::string_view kFile = "dir/f.yaml:";
  REQUIRE(result.error().message.starts_with(kFile));
  return result.error().message.substr(kFile.size());
}

// A file with one pool, whose lines are `lines`, the first being line 3 at column 5.
inline std::string pool_with(std::string_view lines) {
  return "pools:\n  main:\n    " + std::string(lines) +
         "\n    shards: { a: { primary: embedded } }\n";
}

}  // namespace slotway::config
