// What becomes of a command on a key: where it goes, and whether the cache answers it.

#include <algorithm>

#include "proxy/api/answers.h"
#include "proxy/api/ask_workers.h"
#include "proxy/api/shards.h"
#include "proxy/hotkeys/key_hash.h"
#include "proxy/hotkeys/operators.h"
#include "wire/glob.h"
#include "wire/slot.h"
#include "wire/utf8.h"

namespace slotway::proxy::api {

namespace {

using Cache = config::HotKeys::Cache;
using Rule = config::HotKeys::Rule;

// What a worker says.
struct Heard {
  std::vector<config::Address> readers = {};
  KeyStanding standing = {};
};

bool ask_worker(Worker& worker, Heard& heard, const std::string& pool_name,
                const std::string& key) {
  Pool* const pool = worker.pool_named(pool_name);
  if (!pool) return true;
  worker.read_clock();
  heard.standing = pool->hot_keys().standing(key);
  const ShardIndex shard = pool->topology().shard_of_slot(wire::slot_of_key(key));
  if (shard < pool->shards().size()) {
    heard.readers = pool->shard(shard).readers(heard.standing.is_spread);
  }
  return true;
}

// Of all workers together.
Heard sum(const std::vector<Heard>& workers) {
  Heard all;
  for (const Heard& heard : workers) {
    for (const config::Address& reader : heard.readers) {
      if (std::ranges::count(all.readers, reader) == 0) all.readers.push_back(reader);
    }
    all.standing.is_served |= heard.standing.is_served;
    all.standing.is_spread |= heard.standing.is_spread;
    all.standing.is_owned |= heard.standing.is_owned;
    all.standing.too_large = std::max(all.standing.too_large, heard.standing.too_large);
    all.standing.backs_off |= heard.standing.backs_off;
    all.standing.is_full |= heard.standing.is_full;
    all.standing.is_refused |= heard.standing.is_refused;
  }
  return all;
}

// By what the key is hot; none if it is not.
std::vector<std::string_view> heat_of(const HotKeysShared& shared, std::string_view key) {
  const uint64_t hash = key_hash(key, shared.seed);
  const hotkeys::Snapshot known = shared.reports.sum(SIZE_MAX);
  const auto at = std::ranges::find(known.keys, hash, &hotkeys::HotKey::hash);
  return at == known.keys.end() ? std::vector<std::string_view>() : hot_by(*at);
}

struct WhatHolds {
  std::string text;  // "the rule for 'a*'", "what is pinned, 'a*',"; empty: nothing special
  Rule::Cache cache = Rule::Cache::kByHeat;
};

WhatHolds what_holds(const config::HotKeys& settings, const HotKeysShared& shared,
                     std::string_view key) {
  for (const std::string& pattern : shared.pinned.list()) {
    if (!wire::glob_match(pattern, key)) continue;
    const bool redacts = shared.redacts.load(std::memory_order_relaxed);
    return {"the pinned pattern '" +
                (redacts ? shown_hash(key_hash(pattern, shared.seed)) : wire::as_utf8(pattern)) +
                "'",
            Rule::Cache::kAlways};
  }
  for (size_t i = 0; i < settings.rules.size(); ++i) {
    const Rule& rule = settings.rules[i];
    if (!wire::glob_match(rule.match, key)) continue;
    return {"rule " + std::to_string(i + 1) + " ('" + wire::as_utf8(rule.match) + "')", rule.cache};
  }
  return {};
}

// Why it is cached or not, in one sentence.
std::string reason(const config::HotKeys& settings, const WhatHolds& holds,
                   const std::vector<std::string_view>& heat, const KeyStanding& standing) {
  if (!settings.detect) return "hot_keys.detect is false";
  if (settings.cache.mode == Cache::Mode::kOff) return "the cache is off";
  if (holds.cache == Rule::Cache::kNever) return holds.text + " says never";
  if (standing.is_served) return "cached";
  if (standing.too_large > 0) {
    return "its value is larger than max_reply: " + std::to_string(standing.too_large) +
           " bytes of " + std::to_string(settings.cache.max_reply);
  }
  if (standing.is_owned) return "it has changed, or is new: the next read fetches it";
  if (standing.is_refused)
    return "its shard does not tell what changes: it refuses CLIENT TRACKING";
  if (standing.backs_off) return "it changes too often to be worth it";
  const bool is_wanted = holds.cache == Rule::Cache::kAlways;
  if (!is_wanted && heat.empty()) return "not hot";
  if (standing.is_full)
    return "there is no room: as many keys are cached as hot_keys.cache.entries";
  if (is_wanted) return holds.text + " says always, but it has not been read yet";
  return "hot, but not by reads that can be cached";
}

}  // namespace

HttpResponse route(const Question& question) {
  const std::string* const key = question.find("key");
  if (!key) return error(400, "expected key=, percent-encoded where it must be");
  if (question.pools.size() > 1) return error(400, "pool: expected one, for there are several");
  const config::Pool& pool = *question.pools.front();
  const HotKeysShared& shared = question.server.hot_keys().at(pool.name);
  const auto workers = ask_workers<Heard>(
      question.server,
      [&name = pool.name, config = question.config, key = *key](Worker& worker, Heard& heard) {
        return ask_worker(worker, heard, name, key);
      });
  if (!workers) return error(503, kNotAnswered);
  const Heard heard = sum(*workers);
  const std::string_view tag = wire::hashed_part(*key);
  const wire::Slot slot = wire::slot_of_key(*key);
  const std::vector<std::string_view> heat = heat_of(shared, *key);
  Json json;
  json["pool"] = pool.name;
  json["key"] = wire::as_utf8(*key);
  json["hash_tag"] = tag.size() < key->size() ? Json(wire::as_utf8(tag)) : Json();
  json["slot"] = slot;
  const uint16_t owner = pool.slot_owner[slot];
  if (owner == config::kNoShard) {
    json["shard"] = json["address"] = json["state"] = nullptr;
    json["replicas"] = Json::array();
  } else {
    const config::Shard& shard = pool.shards[owner];
    const auto sums = question.server.registry().shards();
    json["shard"] = shard.name;
    json["address"] = shard.primary.text();
    json["state"] = state_of(sum_of(sums, pool.name, shard.name), question.server.workers().size());
    json["replicas"] = addresses(shard.replicas);
  }
  json["read_from"] = config::name_of(pool.read_from);
  json["reads_go_to"] = addresses(heard.readers);
  json["hot"] = !heat.empty();
  json["cached"] = heard.standing.is_served;
  json["why"] =
      owner == config::kNoShard
          ? "no shard serves its slot"
          : reason(pool.hot_keys, what_holds(pool.hot_keys, shared, *key), heat, heard.standing);
  return json_response(json);
}

}  // namespace slotway::proxy::api
