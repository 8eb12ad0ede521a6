#include "config/admin.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "config/address.h"
#include "config/pool.h"
#include "config/scalar.h"
#include "config/secret_file.h"

namespace slotway::config {

namespace {

constexpr std::string_view kDefault = "127.0.0.1:9180";
constexpr size_t kShortestToken = 8;
constexpr size_t kLongestToken = 512;

// What fits a header "Authorization: Bearer TOKEN" (RFC 6750, section 2.1), and cannot be guessed.
bool is_token(std::string_view text) {
  return text.size() >= kShortestToken && text.size() <= kLongestToken &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("-._~+/=").find(c) != std::string_view::npos;
         });
}

// No message repeats the token.
void read_token(Reading& reading, const Field& field, Admin& admin) {
  if (field.value->kind != Node::Kind::kScalar || !is_token(field.value->text)) {
    reading.fault.note(field.value->at,
                       "token: expected 8 to 512 letters, digits, and characters of -._~+/=");
  } else {
    admin.token = field.value->text;
  }
}

void read_token_file(Reading& reading, const Field& field, Admin& admin) {
  constexpr std::string_view kExpected =
      "a file with the token in its first line, 8 to 512 letters, digits, and characters of "
      "-._~+/=";
  std::string token = read_secret_line(reading, field, kExpected);
  if (!is_token(token)) SecretFile(reading, field, kExpected).refuse("has none there");
  admin.token = std::move(token);
}

}  // namespace

std::optional<Admin> read_admin(Reading& reading, const Field& root, const Section& section) {
  const auto field = section.find("admin");
  if (field && field->value->kind == Node::Kind::kScalar && field->value->text == "off") {
    return std::nullopt;
  }
  Admin admin;
  std::optional<Field> address = field;
  if (field && field->value->kind == Node::Kind::kMapping) {
    const Section own(reading.fault, *field, {"address", "token", "token_file"});
    address = own.find("address");
    const auto token = own.find("token");
    const auto file = own.find("token_file");
    if (token) read_token(reading, *token, admin);
    if (file && token) {
      reading.fault.note(file->at, "token_file: expected none beside 'token'");
    } else if (file) {
      read_token_file(reading, *file, admin);
    }
  }
  Address at = *parse_admin_address(kDefault);
  if (address) read_scalar(reading.fault, *address, parse_admin_address, at);
  if (address && admin.token.empty() && !at.is_loopback()) {
    note_unexpected(reading.fault, *address,
                    "expected a loopback address, or 'address' with 'token_file' or 'token', since "
                    "others than this machine can connect");
  }
  admin.address =
      take_address(reading, address ? *address : field.value_or(root), std::move(at), "admin");
  return admin;
}

}  // namespace slotway::config
