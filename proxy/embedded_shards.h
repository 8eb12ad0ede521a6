// EmbeddedShards: the storage servers that run inside the proxy's process, each on a thread of its
// own, reached over an abstract Unix socket like any other shard.
//
// Their data ends with the process. Control thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backend/server.h"
#include "config/config.h"
#include "wire/result.h"

namespace slotway::proxy {

class EmbeddedShards {
 public:
  bool empty() const { return servers_.empty(); }
  // Starts the embedded shards of `config` that do not run yet.
  Status start(const config::Config& config);
  // Stops those that `config` does not name.
  void retain(const config::Config& config);
  // An error if `next` takes a slot from an embedded shard that holds keys.
  Status check(const config::Config& current, const config::Config& next) const;

 private:
  std::map<std::string, std::unique_ptr<backend::Server>> servers_;  // by "pool/shard"
};

}  // namespace slotway::proxy
