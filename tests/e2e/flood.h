// Clients that send much: Flood sends a million commands without reading, and reads the replies
// later.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <string>

#include "tests/support/resp_client.h"

namespace slotway::tests {

std::string repeated(const std::string& text, size_t count);
// Sends until everything is sent (true) or the other side has gone (false).
bool send_all(RespClient& client, std::string_view bytes);

class Flood {
 public:
  // Together they are more than the buffers of the kernel hold, which may grow to tens of MiB.
  static constexpr size_t kCommands = 1'000'000;
  inline static const std::string kKey = std::string(100, 'k');

  // Begins to send, on a thread of its own: GETs of kKey, or what `command` gives for each number
  // from 0 on.
  explicit Flood(uint16_t port);
  Flood(uint16_t port, std::function<std::string(size_t)> command);

  // Waits until nothing goes out any more. True if that is before the last command.
  bool is_held_back();
  // Reads what comes for all commands, which has to be `reply` each time.
  bool all_are(const std::string& reply);
  // The same with the reply that `expected` gives for each number, asked in their order. Ends at
  // the first that is wrong; gives how many were right.
  size_t right_replies(const std::function<std::string(size_t)>& expected);

 private:
  RespClient client_;
  std::atomic<size_t> sent_{0};  // thousands
  std::future<void> sending_;
};

}  // namespace slotway::tests
