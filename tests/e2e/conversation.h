// What a server answers to commands one by one, as text: two servers that behave alike give the
// same.
#pragma once

#include <string>
#include <vector>

#include "tests/support/resp_client.h"

namespace slotway::tests {

using Command = std::vector<std::string>;

// What a fresh connection is answered, command by command. The ids of clients are made equal.
inline std::string conversation(uint16_t port, const std::vector<Command>& commands) {
  RespClient client{Socket::connect(port)};
  std::string text;
  for (const Command& command : commands) {
    client.request(command);
    std::string reply = client.receive_raw();
    const std::string id = "$2\r\nid\r\n:";
    if (const size_t at = reply.find(id); at != std::string::npos) {
      const size_t begin = at + id.size();
      reply.replace(begin, reply.find('\r', begin) - begin, "1");
    }
    for (const std::string& word : command) text += word + " ";
    text += "-> " + reply;
  }
  return text;
}

}  // namespace slotway::tests
