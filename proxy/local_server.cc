// Commands about the server that the proxy presents: INFO, CONFIG GET, COMMAND.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proxy/info.h"
#include "proxy/local_commands.h"
#include "proxy/worker.h"
#include "wire/command_reply.h"
#include "wire/glob.h"

namespace slotway::proxy {

namespace {

void answer_info(const LocalCall& call) { info(call.session, call.command, call.args); }

// ---- CONFIG

using Setting = std::pair<std::string_view, std::string>;

std::string seconds(std::chrono::milliseconds time) { return std::to_string(time.count() / 1000); }

// The proxy's settings under the names that Redis gives them. `save` and `appendonly` are there
// because redis-benchmark asks for them.
std::vector<Setting> settings_of(const PoolSettings& pool) {
  return {
      {"appendonly", "no"}, {"client-query-buffer-limit", std::to_string(pool.limits.request_size)},
      {"databases", "16"},  {"maxclients", std::to_string(pool.limits.clients)},
      {"maxmemory", "0"},   {"proto-max-bulk-len", std::to_string(pool.limits.bulk_size)},
      {"save", ""},         {"timeout", seconds(pool.timeouts.idle)},
  };
}

void config_get(const LocalCall& call) {
  const wire::Args patterns = call.args.subspan(2);
  std::vector<Setting> found = settings_of(call.session.pool().settings());
  std::erase_if(found, [&](const Setting& setting) {
    return std::none_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
      return wire::glob_match(pattern, setting.first, /*ignore_case=*/true);
    });
  });
  call.reply([&](wire::ReplyWriter& writer) {
    writer.map(found.size());
    for (const auto& [name, value] : found) {
      writer.bulk(name);
      writer.bulk(value);
    }
  });
}

// ---- COMMAND

void command_family(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    wire::write_command_reply(call.command, call.args, &is_supported, writer);
  });
}

constexpr LocalBinding kBindings[] = {
    {"info", &answer_info},
    {"config|get", &config_get},
    {"command", &command_family},
    {"command|count", &command_family},
    {"command|info", &command_family},
    {"command|list", &command_family},
    {"command|docs", &command_family},
    {"command|getkeys", &command_family},
    {"command|getkeysandflags", &command_family},
    {"command|help", &command_family},
};

}  // namespace

std::span<const LocalBinding> server_bindings() { return kBindings; }

}  // namespace slotway::proxy
