#include "config/secret_file.h"

#include "config/scalar.h"

namespace slotway::config {

SecretFile::SecretFile(Reading& reading, const Field& field, std::string_view expected)
    : reading_(reading), field_(field), expected_(expected) {
  if (!read_scalar(reading.fault, field, parse_text, path_)) return;
  if (path_.front() != '/') path_.insert(0, reading.directory);
  Result<std::string> bytes = reading.read_file(path_);
  if (bytes.ok()) {
    text_ = std::move(bytes).value();
  } else {
    refuse("cannot be read: " + printable(bytes.error().message));
  }
}

void SecretFile::refuse(const std::string& why) {
  reading_.fault.note(field_.at, printable(field_.key) + ": expected " + expected_ + ", " +
                                     quoted(path_) + " " + why);
}

std::string read_secret_line(Reading& reading, const Field& field, std::string_view expected) {
  constexpr size_t kLongest = 4096;  // bytes; a longer first line is none of a secret
  SecretFile file(reading, field, expected);
  if (!file.text()) return {};
  std::string line = file.text()->substr(0, file.text()->find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) file.refuse("has none there");
  if (line.size() > kLongest) file.refuse("has more than 4096 bytes there");
  return line;
}

}  // namespace slotway::config
