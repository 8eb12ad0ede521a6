#include "config/credentials.h"

#include "config/scalar.h"

namespace slotway::config {

namespace {

constexpr size_t kMaxPassword = 4096;  // bytes; a longer first line is not a password file

std::string read_password(Reading& reading, const Field& field) {
  std::string path;
  if (!read_scalar(reading.fault, field, parse_text, path)) return {};
  if (path.front() != '/') path.insert(0, reading.directory);
  const auto refuse = [&](const std::string& why) {
    reading.fault.note(field.at,
                       "password_file: expected a file with the password in its first line, " +
                           quoted(path) + " " + why);
    return std::string();
  };
  const Result<std::string> bytes = reading.read_file(path);
  if (!bytes.ok()) return refuse("cannot be read: " + printable(bytes.error().message));
  std::string password = bytes->substr(0, bytes->find('\n'));
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) return refuse("has none there");
  if (password.size() > kMaxPassword) return refuse("has more than 4096 bytes there");
  return password;
}

}  // namespace

Credentials read_credentials(Reading& reading, const Field& field, std::string user) {
  Credentials credentials{std::move(user), {}};
  const Section section(reading.fault, field, {"user", "password_file"});
  section.read("user", parse_text, credentials.user);
  if (const auto file = section.require("password_file", "the path of a file")) {
    credentials.password = read_password(reading, *file);
  }
  return credentials;
}

}  // namespace slotway::config
