// What exporters make Prometheus's metric families of. Plain functions; any thread.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <vector>

namespace slotway::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;

// Families without samples.
prometheus::MetricFamily counter_family(const char* name, const char* help);
prometheus::MetricFamily gauge_family(const char* name, const char* help);
prometheus::MetricFamily histogram_family(const char* name, const char* help);

void add_counter(prometheus::MetricFamily& family, Labels labels, double value);
void add_counter(prometheus::MetricFamily& family, Labels labels, uint64_t value);
void add_gauge(prometheus::MetricFamily& family, Labels labels, double value);
// A gauge that is summed over cells, which are read one after the other, can be negative for a
// moment, when a connection moves between two reads: 0 then.
void add_gauge(prometheus::MetricFamily& family, Labels labels, int64_t value);

// What this process takes of the machine, under the names that all programs have for it.
void add_process_families(std::vector<prometheus::MetricFamily>& families);

}  // namespace slotway::metrics
