// Users: who is let in, what they may do, and what a reload changes, beside a redis-server that has
// the same users.

#include <doctest/doctest.h>

#include <cstdio>

#include "tests/e2e/conversation.h"
#include "tests/e2e/servers.h"
#include "tests/support/temp_dir.h"
#include "wire/command_table.h"
#include "wire/sha256.h"

namespace slotway::tests {

namespace {

std::string hash_of(const std::string& password) {
  std::string text;
  for (const char byte : wire::sha256(password)) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

std::string user_line(const std::string& name, const std::vector<std::string>& passwords,
                      bool readonly = false) {
  std::string line = name + ": { password_sha256: [";
  for (const std::string& password : passwords) line += hash_of(password) + ", ";
  return line + "], readonly: " + (readonly ? "true" : "false") + " }";
}

// "app" may do everything, "reader" reads; with or without the user "default".
ProxyOptions options_with(bool has_default, const TempDir& files) {
  const std::string file = files.write(
      "hashes", "# of app\n" + hash_of("a1") + "\n\n" + hash_of("a2") + " # since May\n");
  std::string users = "users: { app: { password_sha256_file: " + file + " }, ";
  users += user_line("reader", {"r"}, true);
  if (has_default) users += ", " + user_line("default", {"d"});
  return {.shards = three_entries({"embedded", "embedded", "embedded"}), .pool = {users + " }"}};
}

// The same users on a redis-server.
void give_users(const RedisServer& redis, bool has_default) {
  RespClient client(redis.port());
  const auto set = [&](Command rules) {
    rules.insert(rules.begin(), {"ACL", "SETUSER"});
    REQUIRE(client.call(rules).text == "OK");
  };
  set({"app", "on", "#" + hash_of("a1"), ">a2", "~*", "&*", "+@all"});
  set({"reader", "on", "#" + hash_of("r"), "~*", "&*", "-@all", "+@read", "+@connection",
       "+eval_ro", "+evalsha_ro", "+fcall_ro"});
  if (has_default) {
    set({"default", "resetpass", "#" + hash_of("d")});
  } else {
    set({"default", "reset"});
  }
}

struct Alike {
  explicit Alike(bool has_default) : proxy(options_with(has_default, files)) {
    give_users(redis, has_default);
  }

  TempDir files;
  RedisServer redis{{"--enable-debug-command", "yes", "--enable-module-command", "yes"}};
  ProxyProcess proxy;
};

std::string pipelined(uint16_t port, const std::vector<Command>& commands) {
  RespClient client{Socket::connect(port)};
  std::string bytes;
  for (const Command& command : commands) bytes += encode_request(command);
  client.send(bytes + encode_request({"QUIT"}));
  return client.receive_until_end();
}

std::string user_of(RespClient& client) {
  const std::string info = client.call({"CLIENT", "INFO"}).text;
  const size_t at = info.find(" user=") + 6;
  return info.substr(at, info.find(' ', at) - at);
}

RespClient logged_in(const ProxyProcess& proxy, const std::string& user,
                     const std::string& password) {
  RespClient client{Socket::connect(proxy.port())};
  REQUIRE(client.call({"AUTH", user, password}).text == "OK");
  return client;
}

}  // namespace

TEST_CASE("users are let in and refused as by redis-server") {
  const std::vector<std::vector<Command>> sessions = {
      // First: the sessions of the others may not have gone yet.
      {{"AUTH", "app", "a1"},
       {"CLIENT", "KILL", "USER", "nobody"},
       {"CLIENT", "KILL", "USER", "reader"},
       {"CLIENT", "KILL", "USER", "default"}},
      {{"PING"}, {"GET", "key"}, {"ACL", "WHOAMI"}, {"CLIENT", "LIST"}, {"HELLO"}, {"HELLO", "3"}},
      {{"GET"}, {"NOSUCH"}, {"CONFIG", "NOSUCH"}, {"CONFIG"}, {"MULTI"}, {"SUBSCRIBE", "x"}},
      {{"AUTH"}, {"AUTH", "d"}, {"ACL", "WHOAMI"}, {"AUTH", "x"}, {"ACL", "WHOAMI"}, {"PING"}},
      {{"AUTH", ""}, {"AUTH", "default", ""}, {"AUTH", "", ""}, {"AUTH", "a", "b", "c"}, {"PING"}},
      {{"AUTH", "default", "d"}, {"ACL", "WHOAMI"}, {"SET", "key", "1"}},
      {{"AUTH", "app", "a1"}, {"ACL", "WHOAMI"}, {"SET", "key", "1"}, {"RESET"}, {"PING"}},
      {{"AUTH", "app", "a2"}, {"ACL", "WHOAMI"}, {"AUTH", "app", "a3"}, {"ACL", "WHOAMI"}},
      {{"AUTH", "app", "d"}, {"AUTH", "App", "a1"}, {"AUTH", "app", "A1"}, {"AUTH", "nobody", "d"}},
      {{"AUTH", "app", hash_of("a1")}, {"AUTH", "reader", "a1"}, {"PING"}},
      {{"AUTH", "reader", "r"}, {"PING"}, {"ECHO", "x"}, {"GET", "key"}, {"SET", "key", "2"}},
      {{"AUTH", "reader", "r"}, {"SET"}, {"NOSUCH"}, {"ACL", "WHOAMI"}, {"CONFIG", "GET", "save"}},
      {{"AUTH", "reader", "r"},
       {"AUTH", "app", "a1"},
       {"ACL", "WHOAMI"},
       {"AUTH", "reader", "r"},
       {"DEL", "key"},
       {"MULTI"},
       {"EVAL", "return 1", "0"},
       {"RESET"},
       {"GET", "key"}},
      {{"HELLO", "2", "AUTH", "app", "a2"}, {"ACL", "WHOAMI"}, {"HELLO"}},
      {{"HELLO", "3", "AUTH", "app", "a1", "SETNAME", "me"}, {"CLIENT", "GETNAME"}, {"HELLO", "2"}},
      {{"HELLO", "3", "AUTH", "app", "x"}, {"HELLO", "3", "AUTH", "default", "d"}, {"PING"}},
      {{"HELLO", "3", "AUTH", "reader", "r"}, {"DEL", "key"}, {"GET", "none"}},
      {{"HELLO", "3", "AUTH", "reader", "r", "NONSENSE"}, {"GET", "none"}, {"SET", "none", "1"}},
  };
  for (const bool has_default : {true, false}) {
    CAPTURE(has_default);
    const Alike alike(has_default);
    for (const std::vector<Command>& session : sessions) {
      CHECK(conversation(alike.proxy.port(), session) == conversation(alike.redis.port(), session));
    }
  }
}

TEST_CASE("each command of a pipeline has one reply, whoever the client is by then") {
  const std::vector<Command> commands = {{"SET", "key", "1"},     {"AUTH", "wrong"},
                                         {"MGET", "a", "b"},      {"AUTH", "reader", "x"},
                                         {"AUTH", "reader", "r"}, {"SET", "key", "2"},
                                         {"GET", "key"},          {"MSET", "a", "1", "b", "2"},
                                         {"MGET", "a", "b"},      {"AUTH", "app", "a1"},
                                         {"SET", "key", "3"},     {"MSET", "a", "1", "b", "2"},
                                         {"AUTH", "app", "x"},    {"MGET", "a", "b", "key"},
                                         {"AUTH", "reader", "r"}, {"DEL", "a", "b"},
                                         {"MGET", "a", "b"},      {"RESET"},
                                         {"GET", "key"},          {"AUTH", "d"},
                                         {"DEL", "a", "b", "key"}};
  for (const bool has_default : {true, false}) {
    CAPTURE(has_default);
    const Alike alike(has_default);
    CHECK(pipelined(alike.proxy.port(), commands) == pipelined(alike.redis.port(), commands));
  }
}

TEST_CASE("who only reads is refused the same commands as by redis-server") {
  Alike alike(true);
  RespClient asked(Socket::connect(alike.proxy.port()));
  RespClient wanted(Socket::connect(alike.redis.port()));
  for (RespClient* const client : {&asked, &wanted}) {
    REQUIRE(client->call({"AUTH", "reader", "r"}).text == "OK");
  }
  size_t refused = 0;
  for (const wire::Command& command : wire::all_commands()) {
    if (command.spec->flags & wire::kNoAuth) continue;
    Command words;
    if (command.container) words.emplace_back(command.container->spec->name);
    words.emplace_back(command.spec->name);
    const int arity = command.spec->arity;
    words.resize(std::max(words.size(), static_cast<size_t>(arity < 0 ? -arity : arity)), "x");
    asked.request(words);
    wanted.request(words);
    const std::string answer = asked.receive_raw();
    const std::string redis_answer = wanted.receive_raw();
    CAPTURE(command.full_name);
    if (redis_answer.find("NOPERM ") != std::string::npos) {  // EXEC says EXECABORT in front
      ++refused;
      CHECK(answer == redis_answer);
    } else if (!redis_answer.starts_with("-ERR unknown")) {  // of a later Redis
      CHECK(!answer.starts_with("-NOPERM"));
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("before AUTH the limits are small, whoever may come") {
  for (const bool has_default : {true, false}) {
    const Alike alike(has_default);
    const std::string auth = encode_request({"AUTH", "reader", "r"});
    for (const std::string& bytes :
         {std::string("*100\r\n"), std::string("*2\r\n$100000000\r\n"),
          std::string("*2\r\n$4\r\nAUTH\r\n$16385\r\n"), auth + "*3000000000\r\n",
          auth + encode_request({"RESET"}) + "*100\r\n",
          encode_request({"AUTH", "reader", "x"}) + "*100\r\n"}) {
      CAPTURE(bytes);
      CHECK(last_words(alike.proxy.port(), bytes) == last_words(alike.redis.port(), bytes));
    }
    RespClient reader = logged_in(alike.proxy, "reader", "r");
    const std::string large(1 << 20, 'x');
    CHECK(reader.call({"ECHO", large}).text == large);
    CHECK(reader.call({"AUTH", "reader", large}).text.starts_with("WRONGPASS"));
  }
}

TEST_CASE("CLIENT LIST and KILL know the users") {
  const Alike alike(true);
  RespClient app = logged_in(alike.proxy, "app", "a1");
  RespClient reader = logged_in(alike.proxy, "reader", "r");
  RespClient another = logged_in(alike.proxy, "reader", "r");
  RespClient plain = logged_in(alike.proxy, "default", "d");
  CHECK(user_of(app) == "app");
  CHECK(user_of(reader) == "reader");
  CHECK(user_of(plain) == "default");
  const std::string list = app.call({"CLIENT", "LIST"}).text;
  for (const char* user : {" user=app ", " user=reader ", " user=default "}) {
    CHECK(list.find(user) != std::string::npos);
  }
  CHECK(app.call({"CLIENT", "KILL", "USER", "reader"}).integer() == 2);
  CHECK(reader.closed());
  CHECK(another.closed());
  CHECK(plain.call({"PING"}).text == "PONG");
  CHECK(app.call({"PING"}).text == "PONG");
}

TEST_CASE("a reload that changes users holds from the next command on") {
  const auto options = [](const std::string& users) {
    ProxyOptions made{.shards = three_entries({"embedded", "embedded", "embedded"})};
    if (!users.empty()) made.pool = {"users: { " + users + " }"};
    return made;
  };
  ProxyProcess proxy(options(user_line("app", {"1", "2"}) + ", " + user_line("gone", {"3"}) + ", " +
                             user_line("other", {"4"})));
  RespClient first = logged_in(proxy, "app", "1");
  RespClient second = logged_in(proxy, "app", "2");
  RespClient gone = logged_in(proxy, "gone", "3");
  RespClient other = logged_in(proxy, "other", "4");
  CHECK(gone.call({"SET", "key", "1"}).text == "OK");
  // Another order, so that none is what it was by its place alone.
  REQUIRE(proxy.reload(options(user_line("a", {"0"}) + ", " + user_line("other", {"4"}, true) +
                               ", " + user_line("app", {"9", "2"}))));
  CHECK(first.call({"GET", "key"}).text == "NOAUTH Authentication required.");
  CHECK(first.call({"AUTH", "app", "1"}).text.starts_with("WRONGPASS"));
  CHECK(second.call({"SET", "key", "2"}).text == "OK");
  CHECK(gone.call({"GET", "key"}).text == "NOAUTH Authentication required.");
  CHECK(other.call({"SET", "key", "3"}).text ==
        "NOPERM this user has no permissions to run the 'set' command");
  CHECK(other.call({"GET", "key"}).text == "2");
  CHECK(user_of(second) == "app");
  CHECK(user_of(other) == "other");
  gone.send("*100\r\n");
  CHECK(gone.receive_until_end() == "-ERR Protocol error: unauthenticated multibulk length\r\n");

  REQUIRE(proxy.reload(options("")));
  for (RespClient* const client : {&first, &second, &other}) {
    CHECK(client->call({"SET", "key", "4"}).text == "OK");
    CHECK(user_of(*client) == "default");
  }
  REQUIRE(proxy.reload(options(user_line("app", {"1"}))));
  for (RespClient* const client : {&first, &second, &other}) {
    CHECK(client->call({"GET", "key"}).text.starts_with("NOAUTH"));
  }
  CHECK(first.call({"AUTH", "app", "1"}).text == "OK");
  CHECK(first.call({"GET", "key"}).text == "4");
}

TEST_CASE("who is no user any more is told nothing any more") {
  const RedisServer redis;
  const auto options = [&](const std::string& users) {
    return ProxyOptions{.shards = {{"a", redis.address()}}, .pool = {"users: { " + users + " }"}};
  };
  const std::string kept = user_line("kept", {"1"});
  ProxyProcess proxy(options(kept + ", " + user_line("gone", {"2"})));
  const std::vector<Command> modes = {
      {"MONITOR"}, {"SUBSCRIBE", "news"}, {"CLIENT", "TRACKING", "ON", "BCAST"}};
  std::vector<RespClient> gone, others;
  for (const Command& mode : modes) {
    gone.push_back(logged_in(proxy, "gone", "2"));
    others.push_back(logged_in(proxy, "kept", "1"));
    CHECK_FALSE(gone.back().call(mode).is_error());
    CHECK_FALSE(others.back().call(mode).is_error());
  }
  REQUIRE(proxy.reload(options(kept)));
  for (RespClient& client : gone) client.receive_until_end();
  CHECK_FALSE(others[1].call({"PING"}).is_error());
  CHECK_FALSE(others[2].call({"PING"}).is_error());
  SUBCASE("nor who may only read and monitors") {
    REQUIRE(proxy.reload(options(user_line("kept", {"1"}, true))));
    others[0].receive_until_end();
    CHECK_FALSE(others[1].call({"PING"}).is_error());
  }
}

TEST_CASE("what was queued behind MULTI is not run by who may not any more") {
  const auto options = [](const std::string& users) {
    return ProxyOptions{.shards = three_entries({"embedded", "embedded", "embedded"}),
                        .pool = {"users: { " + users + " }"}};
  };
  const std::string other = ", " + user_line("other", {"2"});
  const RedisServer redis;
  RespClient admin(redis.port());
  REQUIRE(admin.call({"ACL", "SETUSER", "app", "on", ">1", "~*", "&*", "+@all"}).text == "OK");
  ProxyProcess proxy(options(user_line("app", {"1"}) + other));
  RespClient asked = logged_in(proxy, "app", "1");
  RespClient wanted(Socket::connect(redis.port()));
  REQUIRE(wanted.call({"AUTH", "app", "1"}).text == "OK");
  const auto same = [&](const Command& command) {
    asked.request(command);
    wanted.request(command);
    CHECK(asked.receive_raw() == wanted.receive_raw());
  };
  same({"MULTI"});
  same({"SET", "key", "1"});
  REQUIRE(proxy.reload(options(user_line("app", {"1"}, true) + other)));
  REQUIRE(admin.call({"ACL", "SETUSER", "app", "-@all", "+@read", "+@connection"}).text == "OK");
  same({"EXEC"});
  same({"GET", "key"});

  RespClient gone = logged_in(proxy, "other", "2");
  CHECK(gone.call({"MULTI"}).text == "OK");
  CHECK(gone.call({"SET", "key", "2"}).text == "QUEUED");
  REQUIRE(proxy.reload(options(user_line("app", {"1"}))));
  CHECK(gone.call({"EXEC"}).text ==
        "EXECABORT Transaction discarded because of: NOAUTH Authentication required.");
  CHECK(gone.call({"AUTH", "app", "1"}).text == "OK");
  CHECK(gone.call({"GET", "key"}).to_string() == "$null");
}

TEST_CASE("a reload with an error in its users changes none") {
  const std::string good = user_line("app", {"1"});
  ProxyProcess proxy({.shards = {{"a", "embedded"}}, .pool = {"users: { " + good + " }"}});
  RespClient client = logged_in(proxy, "app", "1");
  CHECK(!proxy.reload({.shards = {{"a", "embedded"}}, .pool = {"users: { }"}}));
  CHECK(!proxy.reload({.shards = {{"a", "embedded"}}, .pool = {"users: { app: { } }"}}));
  CHECK(client.call({"SET", "key", "1"}).text == "OK");
  CHECK(RespClient(Socket::connect(proxy.port())).call({"PING"}).text.starts_with("NOAUTH"));
}

}  // namespace slotway::tests
