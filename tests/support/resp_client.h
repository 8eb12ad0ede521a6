// RespClient: a blocking connection that sends commands and reads replies of RESP2 and RESP3, as
// trees or as the very bytes. Every wait has a deadline. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/resp_value.h"
#include "tests/support/socket.h"

namespace slotway::tests {

// A command and its arguments.
using Command = std::vector<std::string>;

class RespClient {
 public:
  // Connects to 127.0.0.1 and agrees on a protocol version. Throws std::runtime_error, as all
  // functions here do when something does not come in time.
  explicit RespClient(uint16_t port, int version = 2);
  explicit RespClient(Socket socket) : socket_(std::move(socket)) {}

  // The deadline of each wait from now on.
  void set_limit(milliseconds limit) { socket_.set_limit(limit); }

  // Sends one command and waits for its reply.
  RespValue call(const Command& args);
  // The parts of call(): for pipelines and for bytes that are no command.
  void send(std::string_view bytes) { socket_.send(bytes); }
  void request(const Command& args) { socket_.send(encode_request(args)); }
  RespValue receive();
  // The bytes of one reply, as they came.
  std::string receive_raw();
  // Sends the bytes while it reads that many replies, as they came.
  std::vector<std::string> exchange(std::string_view bytes, size_t replies);
  // The same into `all`, which is empty; what came before it throws is there.
  void exchange(std::string_view bytes, size_t replies, std::vector<std::string>& all);

  // Everything until the other side closes.
  std::string receive_until_end();
  // Whether the other side has closed, or closes within the deadline, with no byte in front.
  bool closed();
  // Whether nothing comes for so long.
  bool silent_for(milliseconds time) { return input_.empty() && !socket_.readable(time); }

  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  ReplyScanner scanner_;
  std::string input_;
  size_t taken_ = 0;  // bytes at the front of input_ that were given out
};

}  // namespace slotway::tests
