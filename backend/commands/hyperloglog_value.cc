#include "backend/commands/hyperloglog_value.h"

#include <cstring>

#include "backend/commands/edited_string.h"
#include "backend/types/hyperloglog.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

bool check_hll(const Call& call, const Entry* entry) {
  if (!is_string(entry)) {
    call.reply.error(kWrongType);
    return false;
  }
  NumberText text;
  if (is_hyperloglog(string_bytes(entry, text))) return true;
  call.reply.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return false;
}

// No number is a HyperLogLog, so there are no digits that would have to stay.
std::string_view hll_bytes(const Entry* entry) {
  NumberText text;
  return string_bytes(entry, text);
}

char* edit_hll(const Call& call, const Key& key, Cell* cell) {
  return edit_string(call, key, cell, string_size(cell->entry()));
}

void store_hll(const Call& call, const Key& key, Cell* cell, std::string_view value) {
  Entry* const old = cell ? cell->entry() : nullptr;
  if (old && value.size() >= string_size(old) && extend_string(old, value.size())) {
    std::memcpy(writable_bytes(old), value.data(), value.size());
    return;
  }
  const int64_t expiry_ms = old ? old->expiry_ms() : Entry::kNoExpiry;
  call.database().put(key, cell,
                      make_raw(call.engine().blocks(), key.bytes, value, value.size(), expiry_ms));
}

}  // namespace slotway::backend
