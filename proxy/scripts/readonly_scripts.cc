#include "proxy/scripts/readonly_scripts.h"

#include <algorithm>

#include "proxy/fanout/reply_cursor.h"

namespace slotway::proxy {

namespace {

// One function, a map of its name, description and flags.
void take_function(ReplyCursor reply, std::vector<std::string>& names) {
  std::string name;
  bool writes = true;
  for (int64_t pairs = reply.enter_map().value_or(0); pairs > 0; --pairs) {
    const auto key = reply.string();
    ReplyCursor value(reply.element());
    if (key == "name") name = value.string().value_or("");
    if (key != "flags") continue;
    for (int64_t flags = value.enter_array().value_or(0); flags > 0; --flags) {
      if (value.string() == "no-writes") writes = false;
    }
  }
  if (!writes) names.push_back(std::move(name));
}

}  // namespace

bool declares_no_writes(std::string_view script) {
  if (!script.starts_with("#!")) return false;
  std::string_view line = script.substr(0, script.find('\n'));
  constexpr std::string_view kFlags = " flags=";
  const size_t at = line.find(kFlags);
  if (at == std::string_view::npos) return false;
  line = line.substr(at + kFlags.size());
  line = line.substr(0, line.find_first_of(" \r"));
  while (!line.empty()) {
    const size_t end = std::min(line.find(','), line.size());
    if (line.substr(0, end) == "no-writes") return true;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return false;
}

std::vector<std::string> readonly_functions(std::string_view reply) {
  std::vector<std::string> names;
  ReplyCursor libraries(reply);
  for (int64_t count = libraries.enter_array().value_or(0); count > 0; --count) {
    ReplyCursor library(libraries.element());
    for (int64_t pairs = library.enter_map().value_or(0); pairs > 0; --pairs) {
      const auto key = library.string();
      ReplyCursor functions(library.element());
      if (key != "functions") continue;
      for (int64_t each = functions.enter_array().value_or(0); each > 0; --each) {
        take_function(ReplyCursor(functions.element()), names);
      }
    }
  }
  return names;
}

void ReadonlyScripts::add_functions(const std::vector<std::string>& names) {
  functions_.insert(names.begin(), names.end());
}

bool ReadonlyScripts::runs_one(const wire::Command& command, wire::Args args) const {
  switch (command.spec->script) {
    case wire::ScriptRole::kText:
      return !command.container && declares_no_writes(args[1]);
    case wire::ScriptRole::kDigest: {
      const auto digest = wire::parse_sha1(args[1]);
      const ScriptRef script = digest ? scripts_.find(*digest) : nullptr;
      return script && declares_no_writes(script->text);
    }
    case wire::ScriptRole::kFunction:
      return functions_.contains(args[1]);
    case wire::ScriptRole::kFlush:
    case wire::ScriptRole::kNone:
      return false;
  }
  return false;
}

}  // namespace slotway::proxy
