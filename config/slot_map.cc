#include "config/slot_map.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>
#include <vector>

#include "config/slot_plan.h"

namespace slotway::config {

namespace {

using Row = std::array<std::string, 6>;
constexpr size_t kReplicas = 2;  // the column that only pools with replicas have

template <typename Addresses>
std::string list_of(const Addresses& addresses) {
  std::string text;
  for (const Address& address : addresses) {
    if (!text.empty()) text += ", ";
    text += address.text();
  }
  return text;
}

Row row_of(std::string name, std::string address, std::string replicas,
           const std::vector<SlotRange>& ranges) {
  const size_t count = slot_count(ranges);
  char share[16];
  std::snprintf(share, sizeof share, "%.2f%%",
                100.0 * static_cast<double>(count) / wire::kSlotCount);
  return {std::move(name), std::move(address), std::move(replicas), std::to_string(count),
          share,           ranges_text(ranges)};
}

void append_table(std::string& text, const std::vector<Row>& rows, bool with_replicas) {
  std::array<size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    text += "  ";
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      if (i == kReplicas && !with_replicas) continue;
      const std::string padding(widths[i] - row[i].size(), ' ');
      const bool is_number = i == 3 || i == 4;
      text += (is_number ? padding + row[i] : row[i] + padding) + "  ";
    }
    text += row.back() + '\n';
  }
}

}  // namespace

std::string describe_slot_map(const Config& config) {
  std::string text;
  for (const Pool& pool : config.pools) {
    if (!text.empty()) text += '\n';
    text += "pool " + pool.name + ": " + std::to_string(pool.shards.size()) +
            (pool.shards.size() == 1 ? " shard" : " shards") + ", listens on";
    text += ' ' + list_of(pool.listen);
    const bool with_replicas = std::ranges::any_of(
        pool.shards, [](const Shard& shard) { return !shard.replicas.empty(); });
    if (with_replicas) text.append(", reads from ").append(name_of(pool.read_from));
    text += '\n';
    std::vector<Row> rows = {{"SHARD", "PRIMARY", "REPLICAS", "SLOTS", "SHARE", "RANGES"}};
    for (const Shard& shard : pool.shards) {
      rows.push_back(
          row_of(shard.name, shard.primary.text(), list_of(shard.replicas), shard.slots));
    }
    const auto gaps = ranges_of(pool.slot_owner, kNoShard);
    if (!gaps.empty()) rows.push_back(row_of("(gap)", "no shard", "", gaps));
    append_table(text, rows, with_replicas);
  }
  return text;
}

}  // namespace slotway::config
