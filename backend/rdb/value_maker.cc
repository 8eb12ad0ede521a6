#include "backend/rdb/value_maker.h"

#include "backend/types/string_value.h"

namespace slotway::backend {

Cell* put_value(Engine& engine, Database& database, const Key& key, const RdbValue& value,
                [[maybe_unused]] const Settings& settings, int64_t expiry_ms) {
  database.put(key, nullptr, make_string(engine.blocks(), key.bytes, value.elements[0], expiry_ms));
  return database.find(key);
}

}  // namespace slotway::backend
