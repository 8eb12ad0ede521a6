#include "proxy/upstream/replication.h"

#include <charconv>

namespace slotway::proxy {

namespace {

std::string_view field(std::string_view info, std::string_view name) {
  const std::string begin = "\n" + std::string(name) + ":";
  const size_t at = info.find(begin);
  if (at == std::string_view::npos) return {};
  info.remove_prefix(at + begin.size());
  return info.substr(0, info.find('\r'));
}

}  // namespace

Replication Replication::parse(std::string_view info, uint64_t asked_ns) {
  const std::string_view role = field(info, "role");
  const bool is_primary = role == "master";
  const bool is_replica = role == "slave" && field(info, "master_link_status") == "up";
  const std::string_view history = field(info, "master_replid");
  const std::string_view offset =
      field(info, is_primary ? "master_repl_offset" : "slave_repl_offset");
  Replication said;
  const auto [end, error] =
      std::from_chars(offset.data(), offset.data() + offset.size(), said.offset);
  const bool is_number = error == std::errc() && end == offset.data() + offset.size();
  if (!(is_primary || is_replica) || history.empty() || !is_number) return {};
  said.role = is_primary ? Role::kPrimary : Role::kReplica;
  said.history = history;
  said.asked_ns = asked_ns;
  return said;
}

void CatchUp::look(const Replication& primary, const Replication& replica) {
  using Role = Replication::Role;
  if (primary.role != Role::kPrimary || replica.role != Role::kReplica ||
      primary.history != replica.history) {
    *this = {};
    return;
  }
  if (goal_.history != primary.history) goal_ = primary;
  if (replica.offset < goal_.offset) return;
  until_ns_ = goal_.asked_ns;
  goal_ = primary;
}

}  // namespace slotway::proxy
