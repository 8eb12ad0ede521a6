#include "proxy/users.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::proxy {

namespace {

config::User user(std::string name, std::vector<std::string> passwords, bool readonly = false) {
  config::User made{std::move(name), {}, readonly};
  for (const std::string& password : passwords) made.passwords.push_back(wire::sha256(password));
  return made;
}

}  // namespace

TEST_CASE("without users everybody is the default user") {
  const Users users({});
  CHECK(users.ask_no_password());
  CHECK(!users.initial().is_nobody());
  CHECK(users.name_of(users.initial()) == "default");
  CHECK(!users.is_readonly(users.initial()));
  CHECK(users.check("default", "whatever") == users.initial());
  CHECK(!users.check("someone", "whatever"));
  CHECK(users.has("default"));
}

TEST_CASE("a user is let in by any of its passwords and no other") {
  const Users users({user("reader", {"1", "2"}, true), user("app", {"3"})});
  CHECK(!users.ask_no_password());
  CHECK(users.initial().is_nobody());
  CHECK(users.name_of(users.initial()) == "default");
  CHECK(!users.has("default"));
  for (const char* password : {"1", "2"}) {
    const auto login = users.check("reader", password);
    REQUIRE(login);
    CHECK(users.name_of(*login) == "reader");
    CHECK(users.is_readonly(*login));
  }
  CHECK(!users.is_readonly(*users.check("app", "3")));
  for (const char* password : {"3", "", "11", "secret"}) CHECK(!users.check("reader", password));
  for (const char* name : {"default", "Reader", "", "readers"}) CHECK(!users.check(name, "1"));
}

TEST_CASE("a password longer than anybody can send before it is known is wrong") {
  const std::string most(16 * 1024, 'x');
  const Users users({user("app", {most, most + "x"})});
  CHECK(users.check("app", most));
  CHECK(!users.check("app", most + "x"));
}

TEST_CASE("a change keeps who is still let in by the same password") {
  const Users before({user("app", {"1", "2"}), user("other", {"3"})});
  const Login first = *before.check("app", "1");
  const Login second = *before.check("app", "2");
  const Users after({user("new", {"1"}), user("app", {"2"}, true), user("zoe", {"4"})});
  CHECK(after.carry_over(before, first).is_nobody());  // its password is gone
  CHECK(after.carry_over(before, second) == *after.check("app", "2"));
  CHECK(after.is_readonly(after.carry_over(before, second)));
  CHECK(after.carry_over(before, *before.check("other", "3")).is_nobody());  // its user is gone
  CHECK(after.carry_over(before, before.initial()).is_nobody());
  CHECK(before.carry_over(before, second) == second);
}

TEST_CASE("a change from and to no users at all") {
  const Users none({});
  const Users guarded({user("default", {"1"}), user("app", {"2"})});
  const Users foreign({user("app", {"2"})});
  // It came when there was no password.
  const Login kept = guarded.carry_over(none, none.initial());
  CHECK(guarded.name_of(kept) == "default");
  CHECK(guarded.carry_over(guarded, kept) == kept);
  CHECK(foreign.carry_over(none, none.initial()).is_nobody());
  for (const Login login :
       {guarded.initial(), *guarded.check("default", "1"), *guarded.check("app", "2")}) {
    CHECK(none.carry_over(guarded, login) == none.initial());
  }
}

}  // namespace slotway::proxy
