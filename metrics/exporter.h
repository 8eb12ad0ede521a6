// Exporter: the registry in the words of Prometheus.
//
// Each Collect() reads the registry anew and keeps nothing. Names follow Prometheus's conventions:
// prefix slotway_, base units (seconds, bytes), _total behind counters. Latency stands by command
// and by shard, never crossed, so that the number of series is the sum of both and not the product.
// Used by the admin server's threads; any number of them may collect at once.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <vector>

#include "metrics/history.h"
#include "metrics/registry.h"
#include "wire/command_table.h"

namespace slotway::metrics {

class Exporter : public prometheus::Collectable {
 public:
  // `registry` must outlive the exporter, as must `history`, of which there may be none. `commands`
  // gives the names: every row of the table by id.
  Exporter(const Registry& registry, std::string version,
           std::span<const wire::Command> commands = wire::all_commands(),
           const History* history = nullptr);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Families = std::vector<prometheus::MetricFamily>;
  void collect_clients(Families& families) const;
  void collect_commands(Families& families) const;
  void collect_shards(Families& families) const;
  void collect_hot_keys(Families& families) const;
  void collect_process(Families& families) const;

  const Registry& registry_;
  const History* const history_;
  const std::string version_;
  const std::span<const wire::Command> commands_;
};

}  // namespace slotway::metrics
