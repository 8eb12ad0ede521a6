#include "metrics/hot_key_metrics.h"

#include <algorithm>
#include <map>
#include <utility>

#include "wire/text.h"

namespace slotway::metrics {

namespace {

constexpr size_t kMostSeries = 20;
constexpr size_t kKeyBytes = 64;

}  // namespace

std::vector<HotKeySeries> hot_key_series(const std::vector<HotKeyRates>& pools) {
  std::map<std::pair<std::string, std::string>, double> sums;  // no series may stand there twice
  for (const HotKeyRates& pool : pools) {
    for (const HotKeyRates::Key& each : pool.keys) {
      sums[{pool.pool, wire::printable(std::string_view(each.key).substr(0, kKeyBytes))}] +=
          each.requests;
    }
  }
  std::vector<HotKeySeries> series;
  for (const auto& [names, requests] : sums)
    series.push_back({names.first, names.second, requests});
  std::ranges::sort(series, std::ranges::greater{}, &HotKeySeries::requests);
  if (series.size() > kMostSeries) series.resize(kMostSeries);
  return series;
}

}  // namespace slotway::metrics
