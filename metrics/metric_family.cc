#include "metrics/metric_family.h"

#include <algorithm>
#include <utility>

#include "metrics/process_usage.h"

namespace slotway::metrics {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily counter_family(const char* name, const char* help) {
  return {name, help, MetricType::Counter, {}};
}
MetricFamily gauge_family(const char* name, const char* help) {
  return {name, help, MetricType::Gauge, {}};
}
MetricFamily histogram_family(const char* name, const char* help) {
  return {name, help, MetricType::Histogram, {}};
}

void add_counter(MetricFamily& family, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  family.metric.push_back(std::move(metric));
}

void add_counter(MetricFamily& family, Labels labels, uint64_t value) {
  add_counter(family, std::move(labels), static_cast<double>(value));
}

void add_gauge(MetricFamily& family, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
}

void add_gauge(MetricFamily& family, Labels labels, int64_t value) {
  add_gauge(family, std::move(labels), static_cast<double>(std::max<int64_t>(value, 0)));
}

void add_process_families(std::vector<MetricFamily>& families) {
  const ProcessUsage usage = read_process_usage();
  const auto gauge = [&](const char* name, const char* help, double value) {
    add_gauge(families.emplace_back(gauge_family(name, help)), {}, value);
  };
  gauge("process_resident_memory_bytes", "Resident memory of the process.",
        static_cast<double>(usage.resident_bytes));
  add_counter(families.emplace_back(counter_family("process_cpu_seconds_total",
                                                   "CPU time of the process, user and system.")),
              {}, usage.cpu_seconds);
  gauge("process_open_fds", "Open file descriptors.", static_cast<double>(usage.open_fds));
  gauge("process_start_time_seconds", "When the process started, since the Unix epoch.",
        usage.start_time_seconds);
}

}  // namespace slotway::metrics
