// SecretFile: a file beside the configuration with passwords in it, or what they are known by. No
// message repeats what it holds. Lives while its field is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/reading.h"
#include "config/section.h"

namespace slotway::config {

class SecretFile {
 public:
  // `field` holds the path; a relative one starts at the directory of the configuration. `expected`
  // says what should be there: "a file with ...".
  SecretFile(Reading& reading, const Field& field, std::string_view expected);

  // Nothing, with a fault noted, if it cannot be read.
  const std::optional<std::string>& text() const { return text_; }
  // Notes "KEY: expected EXPECTED, 'PATH' WHY".
  void refuse(const std::string& why);

 private:
  Reading& reading_;
  const Field field_;
  const std::string expected_;
  std::string path_;
  std::optional<std::string> text_;
};

// The first line of the file, without the line's end: 1 to 4096 bytes. Empty, with a fault noted,
// if there is none.
std::string read_secret_line(Reading& reading, const Field& field, std::string_view expected);

}  // namespace slotway::config
