// ReconnectingClients: clients that ask without end and connect anew when their connection ends,
// as applications do while a proxy is restarted.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/socket.h"

namespace slotway::tests {

// How a client asks. It looks for the end of its connection before it sends, as event loops and
// connection pools do.
struct Habit {
  size_t depth;             // requests without a reply at a time
  bool waits_for_all;       // sends a batch and waits for all its replies; or fills up after each
  milliseconds pause{0};    // behind each batch
  size_t argument_size{1};  // bytes of each ECHO
};

class ReconnectingClients {
 public:
  using Connect = std::function<Socket()>;

  // One client for each habit, on a key of its own.
  ReconnectingClients(Connect connect, const std::vector<Habit>& habits);
  ~ReconnectingClients();

  // Waits until each has had `count` further replies. False if one is not getting there.
  bool go_on(uint64_t count);
  // Connections of the client that was reconnected least often.
  uint64_t fewest_connections() const;
  // Ends them. What went wrong, a line each: a connect that failed, a wrong reply, and each
  // connection that ended when any byte of a request was sent and its reply had not come.
  std::vector<std::string> finish();

 private:
  class Client;

  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::future<void>> threads_;
};

}  // namespace slotway::tests
