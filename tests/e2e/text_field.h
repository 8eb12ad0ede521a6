// What INFO and CLIENT LIST say.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"

namespace slotway::tests {

// What stands behind `name`, "field=" or "field:", up to the next blank or the end of the line.
inline std::string field_of(const std::string& text, const std::string& name) {
  const size_t at = text.find(name);
  if (at == std::string::npos) return "absent";
  const size_t begin = at + name.size();
  return text.substr(begin, text.find_first_of(" \r\n", begin) - begin);
}

// How often a server has run a command, whose name is in lower case.
inline int64_t calls(uint16_t port, const std::string& command) {
  const std::string stats = RespClient(port).call({"INFO", "commandstats"}).text;
  const std::string name = "cmdstat_" + command + ":calls=";
  const size_t at = stats.find(name);
  return at == std::string::npos ? 0 : std::stoll(stats.substr(at + name.size()));
}
inline int64_t calls(const RedisServer& server, const std::string& command) {
  return calls(server.port(), command);
}

}  // namespace slotway::tests
