// Monitors: the clients that have given MONITOR, and what they are shown. Owned by the Store; the
// server's thread.
#pragma once

#include <vector>

#include "wire/command_table.h"

namespace slotway::backend {

class Client;
struct Store;

class Monitors {
 public:
  explicit Monitors(Store& store) : store_(store) {}

  void add(Client& client);
  void remove(Client& client);
  // Shows a command that `client` has given.
  void show(const Client& client, const wire::Command& command, wire::Args args);

 private:
  Store& store_;
  std::vector<Client*> clients_;
};

}  // namespace slotway::backend
