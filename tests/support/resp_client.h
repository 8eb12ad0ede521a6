// RespClient: a blocking connection that sends commands and reads replies of RESP2 and RESP3 as
// trees, for tests that compare types. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::tests {

// One reply. `type` is the first byte of its encoding; `text` is what stands behind it, or the
// bytes of a bulk string; a map keeps its keys and values in turn.
struct RespValue {
  char type = 0;
  std::string text = {};
  std::vector<RespValue> items = {};
  bool null = false;

  // The value behind `key` in a map, or in an array that stands for one; nullptr if it is absent.
  const RespValue* find(std::string_view key) const;
  // The texts of the items.
  std::vector<std::string> texts() const;
  // On one line, with the types: "~2[+RO +access]".
  std::string to_string() const;
};

// The first whole value in `bytes`, which is cut off their front; nullopt if it is not complete.
// Throws std::runtime_error for what is no RESP.
std::optional<RespValue> take_value(std::string_view& bytes);

class RespClient {
 public:
  // Connects to 127.0.0.1 and agrees on a protocol version. Throws std::runtime_error.
  explicit RespClient(uint16_t port, int version = 2);
  RespClient(const RespClient&) = delete;
  RespClient& operator=(const RespClient&) = delete;
  ~RespClient();

  // Sends one command and waits for its reply, at most 10 s.
  RespValue call(const std::vector<std::string>& args);
  // The parts of call(): for pipelines and for bytes that are no command.
  void send(std::string_view bytes);
  RespValue receive();

 private:
  int fd_;
  std::string input_;
};

// A command as a multi-bulk request.
std::string encode_request(const std::vector<std::string>& args);

}  // namespace slotway::tests
