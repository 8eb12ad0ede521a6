// Statistics: the counters of the process as INFO and LATENCY show them: since the start, or since
// the last CONFIG RESETSTAT. The counters themselves, which /metrics shows, never go back.
//
// Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "metrics/registry.h"

namespace slotway::proxy {

class Statistics {
 public:
  // `registry` must outlive this.
  explicit Statistics(const metrics::Registry& registry) : registry_(registry) {}

  metrics::ClientSum clients() const;
  metrics::CommandSum command(wire::CommandId id) const;
  // From now on everything counts from 0.
  void reset();

 private:
  struct Beginning {
    metrics::ClientSum clients;
    std::map<wire::CommandId, metrics::CommandSum> commands;
  };
  std::shared_ptr<const Beginning> beginning() const;

  const metrics::Registry& registry_;
  mutable std::mutex mutex_;  // guards beginning_
  std::shared_ptr<const Beginning> beginning_ = std::make_shared<const Beginning>();
};

}  // namespace slotway::proxy
