#include "backend/commands/edited_string.h"

#include "backend/engine/value_operations.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

char* edit_string(const Call& call, const Key& key, Cell* cell, size_t size) {
  const size_t old_size = cell ? string_size(cell->entry()) : 0;
  if (!call.store.memory.has_room_for(size - old_size)) {
    call.reply.error(kOutOfMemory);
    return nullptr;
  }
  wire::BlockPool& blocks = call.engine().blocks();
  Entry* fresh;
  if (!cell) {
    fresh = make_raw(blocks, key.bytes, {}, size, Entry::kNoExpiry);
  } else {
    Entry* const entry = cell->entry();
    const size_t memory = memory_of(entry);
    if (extend_string(entry, size)) {
      call.database().value_grew(key, memory, memory_of(entry));
      return writable_bytes(entry);
    }
    NumberText text;
    fresh = make_raw(blocks, key.bytes, string_bytes(entry, text), size, entry->expiry_ms());
  }
  call.database().put(key, cell, fresh);
  return writable_bytes(fresh);
}

}  // namespace slotway::backend
