#include "config/credentials.h"

#include "config/secret_file.h"

namespace slotway::config {

namespace {

constexpr size_t kMaxPassword = 4096;  // bytes; a longer first line is not a password file

std::string read_password(Reading& reading, const Field& field) {
  SecretFile file(reading, field, "a file with the password in its first line");
  if (!file.text()) return {};
  std::string password = file.text()->substr(0, file.text()->find('\n'));
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) file.refuse("has none there");
  if (password.size() > kMaxPassword) file.refuse("has more than 4096 bytes there");
  return password;
}

}  // namespace

Credentials read_credentials(Reading& reading, const Field& field, std::string user,
                             Result<std::string> (*parse_user)(std::string_view text)) {
  Credentials credentials{std::move(user), {}};
  const Section section(reading.fault, field, {"user", "password_file"});
  section.read("user", parse_user, credentials.user);
  if (const auto file = section.require("password_file", "the path of a file")) {
    credentials.password = read_password(reading, *file);
  }
  return credentials;
}

}  // namespace slotway::config
