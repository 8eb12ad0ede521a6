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

}  // namespace slotway::config
