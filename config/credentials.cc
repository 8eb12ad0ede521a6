#include "config/credentials.h"

#include "config/secret_file.h"

namespace slotway::config {

Credentials read_credentials(Reading& reading, const Field& field, std::string user,
                             Result<std::string> (*parse_user)(std::string_view text)) {
  Credentials credentials{std::move(user), {}};
  const Section section(reading.fault, field, {"user", "password_file"});
  section.read("user", parse_user, credentials.user);
  if (const auto file = section.require("password_file", "the path of a file")) {
    credentials.password =
        read_secret_line(reading, *file, "a file with the password in its first line");
  }
  return credentials;
}

}  // namespace slotway::config
