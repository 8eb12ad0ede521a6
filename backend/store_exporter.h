// StoreExporter: a server's numbers in the words of Prometheus, for the admin server of a program.
//
// Names as of metrics/exporter.h, with the prefix slotway_store_. Any thread, several at once.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "backend/server.h"

namespace slotway::backend {

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
