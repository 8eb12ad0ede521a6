#include "proxy/error_kind.h"

#include <algorithm>
#include <array>

#include "metrics/error_code.h"

namespace slotway::proxy {

namespace {

// In Redis's words, which the proxy and its shards share.
constexpr std::array<std::string_view, 7> kMisuses = {
    "unknown command",      "unknown subcommand", "Unknown subcommand", "wrong number of arguments",
    "wrong number of args", "syntax error",       "Protocol error"};

// What stands behind "shard 'a' (127.0.0.1:1)"; the whole text if no shard is named.
std::string_view behind_label(std::string_view text) {
  if (!text.starts_with("shard '")) return text;
  const size_t end = text.find(')');
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

}  // namespace

std::string_view error_kind_of(std::string_view reply) {
  const std::string_view code = metrics::error_code_of(reply);
  if (code != "ERR") return code;
  std::string_view text(code.data(), static_cast<size_t>(reply.end() - code.begin()));
  text.remove_prefix(std::min(code.size() + 1, text.size()));
  std::string_view rest = behind_label(text);
  const bool is_of_shard = rest.size() != text.size();
  using namespace shard_failure;
  if (is_of_shard) {
    if (rest.starts_with(kNoReply)) return metrics::kTimeout;
    if (rest.starts_with(kConnectionLost)) return metrics::kConnectionLost;
    for (const std::string_view refusal : {kSilent, kBehind, kOutOfReach}) {
      if (rest.starts_with(refusal)) return metrics::kUnreachable;
    }
    if (rest.starts_with(": ")) rest.remove_prefix(2);
  }
  const bool is_syntax = std::ranges::any_of(
      kMisuses, [rest](std::string_view words) { return rest.starts_with(words); });
  return is_syntax ? metrics::kSyntax : code;
}

}  // namespace slotway::proxy
