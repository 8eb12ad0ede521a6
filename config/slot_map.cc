#include "config/slot_map.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "config/slot_plan.h"

namespace slotway::config {

namespace {

using Row = std::array<std::string, 5>;

Row row_of(std::string name, std::string address, const std::vector<SlotRange>& ranges) {
  const size_t count = slot_count(ranges);
  char share[16];
  std::snprintf(share, sizeof share, "%.2f%%",
                100.0 * static_cast<double>(count) / wire::kSlotCount);
  return {std::move(name), std::move(address), std::to_string(count), share, ranges_text(ranges)};
}

void append_table(std::string& text, const std::vector<Row>& rows) {
  std::array<size_t, 5> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    text += "  ";
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      const std::string padding(widths[i] - row[i].size(), ' ');
      const bool is_number = i == 2 || i == 3;
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
    std::string_view separator = " ";
    for (const Address& address : pool.listen) {
      text.append(separator).append(address.text());
      separator = ", ";
    }
    text += '\n';
    std::vector<Row> rows = {{"SHARD", "PRIMARY", "SLOTS", "SHARE", "RANGES"}};
    for (const Shard& shard : pool.shards) {
      rows.push_back(row_of(shard.name, shard.primary.text(), shard.slots));
    }
    const auto gaps = ranges_of(pool.slot_owner, kNoShard);
    if (!gaps.empty()) rows.push_back(row_of("(gap)", "no shard", gaps));
    append_table(text, rows);
  }
  return text;
}

}  // namespace slotway::config
