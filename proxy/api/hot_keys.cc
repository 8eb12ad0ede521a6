// The report of hot keys, and what operators tell of them: as HOTKEYS GET, RESET, PIN and UNPIN, of
// the pool that is named or of all.

#include "proxy/api/answers.h"
#include "proxy/hotkeys/messages.h"
#include "proxy/hotkeys/operators.h"
#include "proxy/server.h"
#include "wire/slot.h"
#include "wire/unix_time.h"

namespace slotway::proxy::api {

namespace {

HttpResponse changed(size_t pools) { return json_response({{"changed", pools}}); }

using Change = Result<bool> (*)(Server& server, const std::string& pool, std::string_view pattern,
                                std::string_view by);

HttpResponse change_pinned(const Question& question, Change change) {
  const std::string* const pattern = question.find("pattern");
  if (!pattern) return error(400, "expected pattern=, a pattern of keys");
  size_t pools = 0;
  for (const config::Pool* const pool : question.pools) {
    const Result<bool> is_changed = change(question.server, pool->name, *pattern, question.by);
    if (!is_changed.ok()) return error(400, is_changed.error().message);
    pools += *is_changed ? 1 : 0;
  }
  if (pools == 0 && change == &proxy::unpin_hot_keys) {
    return error(404, "the pattern is not pinned");
  }
  return changed(pools);
}

std::string owner_of(const config::Pool& pool, std::string_view key) {
  const uint16_t owner = pool.slot_owner[wire::slot_of_key(key)];
  return owner == config::kNoShard ? "" : pool.shards[owner].name;
}

}  // namespace

HttpResponse hot_keys(const Question& question) {
  std::vector<hotkeys::PoolReport> reports;
  for (const config::Pool* const pool : question.pools) {
    HotKeysShared& shared = question.server.hot_keys().at(pool->name);
    const bool redacts = shared.redacts.load(std::memory_order_relaxed);
    reports.push_back({pool->name, report_hot_keys(shared, question.count),
                       redacts ? hotkeys::KeysShown::kHashed : hotkeys::KeysShown::kPlain,
                       [pool](std::string_view key) { return owner_of(*pool, key); }});
  }
  return {200, "application/json",
          std::make_shared<const std::string>(hotkeys::page(reports, wire::unix_ms()))};
}

HttpResponse reset_hot_keys(const Question& question) {
  for (const config::Pool* const pool : question.pools) {
    const Status status = proxy::reset_hot_keys(question.server, pool->name, question.by);
    if (!status.ok()) {
      return error(400, status.error().message);
    }
  }
  return changed(question.pools.size());
}

HttpResponse pin_hot_keys(const Question& question) {
  return change_pinned(question, &proxy::pin_hot_keys);
}

HttpResponse unpin_hot_keys(const Question& question) {
  return change_pinned(question, &proxy::unpin_hot_keys);
}

}  // namespace slotway::proxy::api
