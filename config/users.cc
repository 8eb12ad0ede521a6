#include "config/users.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "config/credentials.h"
#include "config/scalar.h"
#include "config/secret_file.h"
#include "wire/greeting.h"

namespace slotway::config {

namespace {

constexpr size_t kMaxUserName = 64;
constexpr size_t kMaxUsers = 10'000;
constexpr size_t kMaxPasswords = 100;  // of one user; each AUTH is compared with all of them
constexpr std::string_view kExpectedHash =
    "expected the SHA-256 of a password, 64 hexadecimal digits";

std::optional<wire::Sha256> parse_hash(std::string_view text) {
  wire::Sha256 hash;
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (size_t i = 0; i < hash.size(); ++i) {
    const char* const digits = text.data() + 2 * i;
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    hash[i] = static_cast<char>(byte);
  }
  return hash;
}

// What is no hash may be the password itself: it is not repeated.
std::string size_text(std::string_view text) {
  return std::to_string(text.size()) + " bytes that are none";
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  line = line.substr(0, line.find('#'));
  const size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kBlank) - begin + 1);
}

void read_hashes(Reading& reading, const Field& field, User& user) {
  for (const Field& item : one_or_more(reading.fault, field)) {
    if (item.value->kind != Node::Kind::kScalar) {
      note_unexpected(reading.fault, item, kExpectedHash);
    } else if (const auto hash = parse_hash(item.value->text)) {
      user.passwords.push_back(*hash);
    } else {
      reading.fault.note(item.value->at, printable(item.key) + ": " + std::string(kExpectedHash) +
                                             ", got " + size_text(item.value->text));
    }
  }
}

void read_hash_file(Reading& reading, const Field& field, User& user) {
  SecretFile file(reading, field,
                  "a file with the SHA-256 of a password, 64 hexadecimal digits, in each line");
  if (!file.text()) return;
  const size_t before = user.passwords.size();
  std::string_view rest = *file.text();
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.empty()) continue;
    const auto hash = parse_hash(line);
    if (!hash) return file.refuse("has " + size_text(line) + " in line " + std::to_string(number));
    user.passwords.push_back(*hash);
  }
  if (user.passwords.size() == before) file.refuse("has none");
}

User read_user(Reading& reading, const Field& field) {
  User user;
  const auto name = parse_user_name(field.key);
  if (name.ok()) {
    user.name = *name;
  } else {
    reading.fault.note(field.at, "users: " + name.error().message + ", got " + quoted(field.key));
  }
  const Section section(reading.fault, field,
                        {"password_sha256", "password_sha256_file", "readonly"});
  const auto hashes = section.find("password_sha256");
  const auto file = section.find("password_sha256_file");
  if (hashes) read_hashes(reading, *hashes, user);
  if (file) read_hash_file(reading, *file, user);
  if (!hashes && !file) {
    section.require("password_sha256",
                    "the SHA-256 of a password, or 'password_sha256_file' with the path of a file");
  }
  section.read("readonly", parse_flag, user.readonly);
  if (user.passwords.size() > kMaxPasswords) {
    reading.fault.note(field.at, printable(field.key) + ": expected at most 100 passwords, got " +
                                     std::to_string(user.passwords.size()));
  }
  return user;
}

// Known by the hash of its password, like every user.
User read_auth(Reading& reading, const Field& field) {
  const Credentials auth = read_credentials(reading, field, "default", parse_user_name);
  return {auth.user, {wire::sha256(auth.password)}, false};
}

}  // namespace

Result<std::string> parse_user_name(std::string_view text) {
  if (!text.empty() && text.size() <= kMaxUserName && wire::is_client_name(text)) {
    return std::string(text);
  }
  return Error{"config", "expected a user's name, 1 to 64 printable characters without spaces"};
}

std::vector<User> read_users(Reading& reading, const Section& pool) {
  const auto auth = pool.find("auth");
  const auto field = pool.find("users");
  if (!field) return auth ? std::vector<User>{read_auth(reading, *auth)} : std::vector<User>();
  if (auth) {
    reading.fault.note(auth->at, "auth: expected none beside 'users', which says the same");
  }
  const std::vector<Entry>& entries = field->value->entries;
  if (field->value->kind != Node::Kind::kMapping || entries.empty()) {
    note_unexpected(reading.fault, *field, "expected a mapping with at least one user");
  } else if (entries.size() > kMaxUsers) {
    reading.fault.note(field->at,
                       "users: expected at most 10000, got " + std::to_string(entries.size()));
  }
  std::vector<User> users;
  for (const Entry& entry : entries) {
    users.push_back(read_user(reading, {entry.key, entry.at, &entry.value}));
  }
  return users;
}

}  // namespace slotway::config
