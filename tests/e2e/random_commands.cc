#include "tests/e2e/random_commands.h"

namespace slotway::tests {

namespace {

constexpr size_t kKeys = 150;
constexpr size_t kTags = 5;

}  // namespace

std::string RandomCommands::key() { return "key:" + std::to_string(below(kKeys)); }

std::string RandomCommands::value() {
  if (below(3) == 0) return std::to_string(below(1000));
  std::string text;
  const size_t length = below(20) == 0 ? below(40'000) : below(40);
  for (size_t i = 0; i < length; ++i) text += static_cast<char>(random_() & 0xff);
  return text;
}

std::string RandomCommands::number(int bound) {
  return std::to_string(static_cast<int>(below(static_cast<size_t>(2 * bound))) - bound);
}

Command RandomCommands::next() {
  const size_t kind = below(20);
  if (kind < 9) return string_command();
  if (kind < 12) return key_command();
  if (kind < 16) return several_keys();
  if (kind < 17) return wrong();
  return other_type();
}

Command RandomCommands::string_command() {
  switch (below(18)) {
    case 0:
    case 1:
      return {"SET", key(), value()};
    case 2:
      return {"SET", key(), value(), "NX", "GET"};
    case 3:
      return {"SET", key(), value(), "XX"};
    case 4:
      return {"INCR", key()};
    case 5:
      return {"INCRBY", key(), number(1000)};
    case 6:
      return {"DECR", key()};
    case 7:
      return {"APPEND", key(), value()};
    case 8:
      return {"STRLEN", key()};
    case 9:
      return {"GETRANGE", key(), number(30), number(30)};
    case 10:
      return {"SETRANGE", key(), std::to_string(below(50)), value()};
    case 11:
      return {"GETSET", key(), value()};
    case 12:
      return {"SETNX", key(), value()};
    case 13:
      return {"GETDEL", key()};
    case 14:
      return {"INCRBYFLOAT", key(), "0.25"};
    default:
      return {"GET", key()};
  }
}

Command RandomCommands::key_command() {
  const std::string tag = "{tag" + std::to_string(below(kTags)) + "}";
  switch (below(8)) {
    case 0:
      return {"EXPIREAT", key(), std::to_string(4'000'000'000 + below(1000))};
    case 1:
      return {"EXPIRETIME", key()};
    case 2:
      return {"PERSIST", key()};
    case 3:
      return {"TYPE", key()};
    case 4:
      return {"RENAME", tag + "1", tag + std::to_string(below(4))};
    case 5:
      return {"SET", tag + std::to_string(below(4)), value()};
    case 6:
      return {"RENAMENX", tag + "2", tag + std::to_string(below(4))};
    default:
      return {"GET", tag + std::to_string(below(4))};
  }
}

Command RandomCommands::several_keys() {
  static constexpr const char* kNames[] = {"MGET", "MGET", "EXISTS", "TOUCH",
                                           "DEL",  "MSET", "UNLINK", "MGET"};
  Command command = {kNames[below(std::size(kNames))]};
  const size_t count = 1 + below(8);
  for (size_t i = 0; i < count; ++i) {
    command.push_back(key());
    if (command.front() == "MSET") command.push_back(value());
  }
  return command;
}

Command RandomCommands::wrong() {
  switch (below(7)) {
    case 0:
      return {"GET"};
    case 1:
      return {"NOSUCHCOMMAND", "a", "b"};
    case 2:
      return {"INCRBY", key(), "many"};
    case 3:
      return {"MSET", key(), "value", key()};
    case 4:
      return {"SET", key(), "value", "BADLY"};
    case 5:
      return {"EXPIRE", key(), "soon"};
    default:
      return {"ECHO", value()};
  }
}

Command RandomCommands::other_type() {
  switch (below(10)) {
    case 0:
      return {"RPUSH", key(), value(), value()};
    case 1:
      return {"LPOP", key()};
    case 2:
      return {"LRANGE", key(), "0", "-1"};
    case 3:
      return {"HSET", key(), "field" + std::to_string(below(5)), value()};
    case 4:
      return {"HGETALL", key()};
    case 5:
      return {"SADD", key(), std::to_string(below(100))};
    case 6:
      return {"SCARD", key()};
    case 7:
      return {"ZADD", key(), number(50), "member" + std::to_string(below(5))};
    case 8:
      return {"ZRANGE", key(), "0", "-1", "WITHSCORES"};
    default:
      return {"HINCRBY", key(), "field0", number(50)};
  }
}

}  // namespace slotway::tests
