#include "metrics/hot_key_metrics.h"

#include <algorithm>
#include <map>
#include <utility>

namespace slotway::metrics {

namespace {

constexpr size_t kMostSeries = 20;
constexpr size_t kKeyBytes = 64;

std::string printable(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : key.substr(0, kKeyBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      text += "\\\\";
    } else if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

}  // namespace

std::vector<HotKeySeries> hot_key_series(const std::vector<HotKeyRates>& pools) {
  std::map<std::pair<std::string, std::string>, double> sums;  // no series may stand there twice
  for (const HotKeyRates& pool : pools) {
    for (const HotKeyRates::Key& each : pool.keys) {
      sums[{pool.pool, printable(each.key)}] += each.requests;
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
