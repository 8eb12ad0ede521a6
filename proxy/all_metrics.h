// AllMetrics: what /metrics of the proxy shows: its own numbers, then those of embedded shards,
// with `pool` and `shard` as labels.
//
// Both sources must outlive it. Any thread, several at once.
#pragma once

#include <utility>

#include "metrics/exporter.h"
#include "proxy/embedded_shards.h"

namespace slotway::proxy {

class AllMetrics : public prometheus::Collectable {
 public:
  AllMetrics(metrics::Exporter own, const EmbeddedShards& embedded)
      : own_(std::move(own)), embedded_(embedded) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    auto families = own_.Collect();
    const auto samples = embedded_.samples();
    if (!samples.empty()) backend::add_store_families(samples, families);
    return families;
  }

 private:
  const metrics::Exporter own_;
  const EmbeddedShards& embedded_;
};

}  // namespace slotway::proxy
