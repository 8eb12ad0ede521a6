// EmbeddedShards: the storage servers that run inside the proxy's process, each on a thread of its
// own, reached over an abstract Unix socket like any other shard.
//
// Their data ends with the process. Control thread, but for samples().
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "backend/server.h"
#include "backend/store_exporter.h"
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
  // [any thread] What each has counted, by `pool` and `shard`.
  std::vector<backend::LabelledSample> samples() const;

 private:
  mutable std::mutex mutex_;  // for whoever changes servers_, and for samples()
  using Id = std::pair<std::string, std::string>;           // of the pool and the shard
  std::map<Id, std::unique_ptr<backend::Server>> servers_;  // by id
};

}  // namespace slotway::proxy
