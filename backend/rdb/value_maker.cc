#include "backend/rdb/value_maker.h"

#include <algorithm>
#include <vector>

#include "backend/types/hash_value.h"
#include "backend/types/list_value.h"
#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

void put_set(Database& database, const Key& key, const RdbValue& value, const Settings& settings) {
  SetEditor set(database, key, nullptr, settings);
  for (const std::string_view member : value.elements) set.add(member);
}

void put_hash(Database& database, const Key& key, const RdbValue& value, const Settings& settings) {
  HashEditor(database, key, nullptr, settings).set_all(value.elements);
}

void put_list(Database& database, const Key& key, const RdbValue& value, const Settings& settings) {
  const NodeLimit limit = NodeLimit::of(settings.list_listpack_size, settings.list_plain_bytes);
  database.put(key, nullptr, make_list(key.bytes, ListEnd::kTail, value.elements, limit));
}

void put_sorted_set(Database& database, const Key& key, const RdbValue& value,
                    const Settings& settings) {
  std::vector<ScoredMember*> members;
  for (size_t i = 0; i < value.elements.size(); ++i) {
    members.push_back(ScoredMember::make(value.scores[i], value.elements[i]));
  }
  std::sort(members.begin(), members.end(), [](const ScoredMember* a, const ScoredMember* b) {
    return comes_before(a->score, a->bytes(), b->score, b->bytes());
  });
  const SortedSetLimits limits{settings.zset_listpack_entries, settings.zset_listpack_value};
  database.put(key, nullptr, make_sorted_set(key.bytes, members, limits));
}

}  // namespace

Cell* put_value(Engine& engine, Database& database, const Key& key, const RdbValue& value,
                const Settings& settings, int64_t expiry_ms) {
  switch (value.type) {
    case Type::kList:
      put_list(database, key, value, settings);
      break;
    case Type::kSortedSet:
      put_sorted_set(database, key, value, settings);
      break;
    case Type::kSet:
      put_set(database, key, value, settings);
      break;
    case Type::kHash:
      put_hash(database, key, value, settings);
      break;
    default:
      database.put(key, nullptr,
                   make_string(engine.blocks(), key.bytes, value.elements[0], Entry::kNoExpiry));
      break;
  }
  Cell* const cell = database.find(key);
  if (expiry_ms != Entry::kNoExpiry) database.set_expiry(key, *cell, expiry_ms);
  return cell;
}

}  // namespace slotway::backend
