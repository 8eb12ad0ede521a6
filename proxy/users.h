// Users: who may use a pool, by which passwords, and what they may do.
//
// Part of PoolSettings: immutable, read by any thread. A Login names one of them in four bytes; it
// means something only to the Users that gave it, so a reload carries each over to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace slotway::proxy {

// As whom a session is in.
struct Login {
  static constexpr uint16_t kNone = 0xffff;

  uint16_t user = kNone;      // kNone: nobody, it has to authenticate
  uint16_t password = kNone;  // which let it in; kNone: it came when there was none

  bool is_nobody() const { return user == kNone; }
  bool operator==(const Login&) const = default;
};

class Users {
 public:
  // Without any, everybody is the user "default", with whatever password or none.
  explicit Users(std::vector<config::User> users);

  bool ask_no_password() const { return !initial().is_nobody(); }
  // What a connection is that has given no password.
  Login initial() const { return initial_; }
  // Nothing if the password is wrong or there is no such user. Takes a time that does not depend on
  // how wrong the password is.
  std::optional<Login> check(std::string_view name, std::string_view password) const;
  // What a login of `before` is here: the same if its user is still there, and the password that
  // let it in still one of the user's; otherwise that of a new connection.
  Login carry_over(const Users& before, Login login) const;

  bool has(std::string_view name) const { return find(name) != users_.end(); }
  bool is_readonly(Login login) const { return users_[login.user].readonly; }
  // Of nobody "default", as in Redis.
  std::string_view name_of(Login login) const;

 private:
  using Iterator = std::vector<config::User>::const_iterator;

  Iterator find(std::string_view name) const;
  uint16_t index_of(Iterator user) const { return static_cast<uint16_t>(user - users_.begin()); }

  // By name; never empty. One without passwords is asked for none.
  std::vector<config::User> users_;
  Login initial_;
};

}  // namespace slotway::proxy
