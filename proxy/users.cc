#include "proxy/users.h"

#include <algorithm>

#include "wire/greeting.h"
#include "wire/sha256.h"

namespace slotway::proxy {

namespace {

constexpr std::string_view kDefault = "default";
// More than the clients can send that have not authenticated: hashing it would be for nothing.
constexpr size_t kMaxPassword = 16 * 1024;

bool same_hash(const wire::Sha256& given, const wire::Sha256& wanted) {
  return wire::same_secret({given.data(), given.size()}, {wanted.data(), wanted.size()});
}

}  // namespace

Users::Users(std::vector<config::User> users) : users_(std::move(users)) {
  if (users_.empty()) users_.push_back({std::string(kDefault), {}, false});
  std::ranges::sort(users_, {}, &config::User::name);
  const Iterator user = find(kDefault);
  if (user != users_.end() && user->passwords.empty()) initial_.user = index_of(user);
}

Users::Iterator Users::find(std::string_view name) const {
  const Iterator user = std::ranges::lower_bound(users_, name, {}, &config::User::name);
  return user != users_.end() && user->name == name ? user : users_.end();
}

std::optional<Login> Users::check(std::string_view name, std::string_view password) const {
  const Iterator user = find(name);
  if (user != users_.end() && user->passwords.empty()) return Login{index_of(user), Login::kNone};
  if (password.size() > kMaxPassword) return std::nullopt;
  const wire::Sha256 given = wire::sha256(password);  // for unknown users too: it takes the time
  if (user == users_.end()) return std::nullopt;
  uint16_t found = Login::kNone;
  for (uint16_t i = 0; i < user->passwords.size(); ++i) {
    if (same_hash(given, user->passwords[i])) found = i;
  }
  if (found == Login::kNone) return std::nullopt;
  return Login{index_of(user), found};
}

Login Users::carry_over(const Users& before, Login login) const {
  if (login.is_nobody()) return initial();
  const config::User& old = before.users_[login.user];
  const Iterator user = find(old.name);
  if (user == users_.end()) return initial();
  if (user->passwords.empty() || login.password == Login::kNone) {
    return {index_of(user), Login::kNone};
  }
  const auto password =
      std::find(user->passwords.begin(), user->passwords.end(), old.passwords[login.password]);
  if (password == user->passwords.end()) return initial();
  return {index_of(user), static_cast<uint16_t>(password - user->passwords.begin())};
}

std::string_view Users::name_of(Login login) const {
  return login.is_nobody() ? kDefault : std::string_view(users_[login.user].name);
}

}  // namespace slotway::proxy
