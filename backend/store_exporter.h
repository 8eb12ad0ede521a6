// The numbers of servers in the words of Prometheus. Names as of metrics/exporter.h, with the
// prefix slotway_store_. Any thread, several at once.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/server.h"
#include "metrics/metric_family.h"

namespace slotway::backend {

// The numbers of one server, and the labels that tell it from others of the same process.
struct LabelledSample {
  metrics::Labels labels;
  std::shared_ptr<const StoreSample> sample;  // not null
};

// Appends all families, each with the samples of all these servers.
void add_store_families(const std::vector<LabelledSample>& samples,
                        std::vector<prometheus::MetricFamily>& families);

// What a program shows that is one server.
class StoreExporter : public prometheus::Collectable {
 public:
  // The server must outlive the exporter, and not be stopped while it collects.
  StoreExporter(const Server& server, std::string version);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Server& server_;
  const std::string version_;
};

}  // namespace slotway::backend
