// What a server answers to commands one by one, as text: two servers that behave alike give the
// same.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/e2e/shards.h"
#include "tests/support/resp_client.h"

namespace slotway::tests {

// What a fresh connection is answered, command by command or to all in one go. The ids of clients
// are made equal.
inline std::string conversation(uint16_t port, const std::vector<Command>& commands,
                                int version = 2, bool pipelined = false) {
  RespClient client(port, version);
  std::vector<std::string> replies;
  if (pipelined) {
    std::string bytes;
    for (const Command& command : commands) bytes += encode_request(command);
    replies = client.exchange(bytes, commands.size());
  }
  std::string text;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (!pipelined) {
      client.request(commands[i]);
      replies.push_back(client.receive_raw());
    }
    std::string& reply = replies[i];
    const std::string id = "$2\r\nid\r\n:";
    if (const size_t at = reply.find(id); at != std::string::npos) {
      const size_t begin = at + id.size();
      reply.replace(begin, reply.find('\r', begin) - begin, "1");
    }
    for (const std::string& word : commands[i]) text += word + " ";
    text += "-> " + reply;
  }
  return text;
}

// Checks that a proxy over three redis-servers is not told from one redis-server, in both versions
// of the protocol, command by command and with all in one go: each time with new servers.
inline void check_as_one_redis(const std::vector<Command>& commands,
                               const std::vector<std::string>& redis_arguments = {}) {
  for (const int version : {2, 3}) {
    for (const bool pipelined : {false, true}) {
      CAPTURE(version);
      CAPTURE(pipelined);
      const RedisServer redis(redis_arguments);
      const Served<RedisShards> served;
      CHECK(conversation(served.proxy.port(), commands, version, pipelined) ==
            conversation(redis.port(), commands, version, pipelined));
    }
  }
}

// Checks that two clients of the same protocol are answered alike, command by command.
inline void check_same(RespClient& client, RespClient& wanted,
                       const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    CAPTURE(encode_request(command));
    CHECK(client.call(command).to_string() == wanted.call(command).to_string());
  }
}

}  // namespace slotway::tests
