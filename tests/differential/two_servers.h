// TwoServers: a redis-server 7.0.15 and a slotway-store, each a process, that are put through the
// same steps on one connection each. Another one to each is sent the keyspace notifications.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/differential/argument_shapes.h"
#include "tests/differential/reply_comparison.h"
#include "tests/differential/step.h"
#include "tests/support/redis_server.h"
#include "tests/support/store_process.h"

namespace slotway::differential {

struct Difference {
  size_t step;
  std::string ours;
  std::string theirs;
};

class TwoServers {
 public:
  TwoServers();

  ArgumentShapes argument_shapes() { return ask_argument_shapes(redis_client_); }
  std::vector<std::string> supported_commands();

  // No keys, first settings, a connection on which nothing was said.
  void reset();
  // Runs the steps up to the first difference, if there is one.
  std::optional<Difference> run(std::span<const Step> steps);
  // A value as DUMP of Redis gave it at the last exchange; empty: none.
  std::string take_payload() { return std::exchange(payload_, {}); }

 private:
  std::optional<Difference> run_commands(std::span<const Step> steps);
  // What the servers have published since they were last asked.
  std::optional<Difference> compare_notifications();
  std::vector<std::string> answers(tests::RespClient& client, std::string_view bytes,
                                   size_t replies);
  std::optional<Difference> exchange(const std::string& key);
  std::optional<Difference> compare(const tests::Command& command);

  tests::RedisServer redis_;
  tests::StoreProcess store_;
  tests::RespClient redis_client_;
  tests::RespClient store_client_;
  tests::RespClient redis_listener_;
  tests::RespClient store_listener_;
  std::vector<std::pair<std::string, std::string>> first_settings_;
  bool stuck_ = false;  // a connection has replies to come
  ReplyComparison comparison_;
  std::string payload_;
};

}  // namespace slotway::differential
