#include "backend/rdb/value_maker.h"

#include "backend/types/hash_value.h"
#include "backend/types/set_value.h"
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

}  // namespace

Cell* put_value(Engine& engine, Database& database, const Key& key, const RdbValue& value,
                const Settings& settings, int64_t expiry_ms) {
  switch (value.type) {
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
