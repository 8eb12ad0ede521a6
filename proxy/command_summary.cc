#include "proxy/command_summary.h"

#include <algorithm>
#include <array>
#include <map>

#include "wire/command_table.h"

namespace slotway::proxy {

namespace {

using wire::Handling;

std::string upper(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c == '|') c = ' ';
  }
  return text;
}

struct Column {
  Handling handling;
  std::string_view title;
};

constexpr std::array kColumns = {
    Column{Handling::kForward, "forwarded to the shard of the slot"},
    Column{Handling::kSplit, "split over shards, merged"},
    Column{Handling::kBroadcast, "sent to all shards, merged"},
    Column{Handling::kLocal, "answered by the proxy"},
    Column{Handling::kRefuse, "refused with an error, not supported yet"},
};

}  // namespace

std::string command_summary() {
  std::map<std::string_view, std::array<std::string, kColumns.size()>> groups;
  for (const wire::Command& command : wire::all_commands()) {
    for (size_t column = 0; column < kColumns.size(); ++column) {
      // A script goes the way of any command with keys.
      const Handling handling =
          command.spec->handling == Handling::kScript ? Handling::kForward : command.spec->handling;
      if (handling != kColumns[column].handling) continue;
      std::string& cell = groups[wire::group_name(command.spec->group)][column];
      if (!cell.empty()) cell += ", ";
      cell += upper(command.full_name);
    }
  }
  std::string text = "| group |";
  for (const Column& column : kColumns) text += " " + std::string(column.title) + " |";
  text += "\n|---|---|---|---|---|---|\n";
  for (const auto& [group, cells] : groups) {
    text += "| " + std::string(group) + " |";
    for (const std::string& cell : cells) text += " " + (cell.empty() ? "-" : cell) + " |";
    text += "\n";
  }
  return text;
}

}  // namespace slotway::proxy
