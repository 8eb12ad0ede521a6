#include "backend/types/packed_value.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "backend/engine/allocation.h"
#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

// Bytes of the block of so large a value: what the allocator hands out anyway.
size_t block_size(size_t size) { return allocation_size(size); }

void* new_block(size_t size) { return allocate(block_size(size)); }

// ---- operations of the engine

void destroy(Entry::Reference value) { std::free(value.object); }

size_t effort(Entry::Reference value) { return value.size / 4096; }

Entry::Reference copy(Entry::Reference value) {
  void* const block = new_block(value.size);
  std::memcpy(block, value.object, value.size);
  return {block, value.size};
}

size_t memory(Entry::Reference value) { return block_size(value.size); }

uint64_t relocate(Entry::Reference& value, uint64_t, Relocation& relocation) {
  relocation.move(value.object, block_size(value.size));
  return 0;
}

}  // namespace

extern const ValueOperations kPackOperations;
const ValueOperations kPackOperations = {
    .destroy = &destroy,
    .effort = &effort,
    .copy = &copy,
    .memory = &memory,
    .relocate = &relocate,
};

std::string_view packed_bytes(const Entry* entry) {
  if (!entry->is_reference()) [[likely]]
    return {entry->value(), entry->value_size()};
  const Entry::Reference value = entry->reference();
  return {static_cast<const char*>(value.object), value.size};
}

char* packed_data(Entry* entry) { return const_cast<char*>(packed_bytes(entry).data()); }

Entry* make_packed(std::string_view key, Type type, Encoding encoding, size_t size,
                   int64_t expiry_ms) {
  if (size <= Entry::kMaxInline) return Entry::make(key, type, encoding, size, expiry_ms);
  return Entry::make_reference(key, type, encoding, {new_block(size), size}, expiry_ms);
}

void PackedValue::resize(size_t size) {
  Entry* const old = entry();
  if (old->is_reference()) {
    Entry::Reference value = old->reference();
    const size_t before = block_size(value.size);
    const size_t after = block_size(size);
    if (before != after) value.object = reallocate(value.object, before, after);
    value.size = size;
    old->set_reference(value);
    return database_.value_grew(key_, before, after);
  }
  if (size <= Entry::kMaxInline && old->fits(size)) return old->set_value_size(size);
  Entry* const fresh =
      make_packed(old->key(), old->type(), old->encoding(), size, old->expiry_ms());
  std::memcpy(packed_data(fresh), old->value(), std::min(size, old->value_size()));
  database_.replace_keeping_value(key_, cell_, fresh);
}

}  // namespace slotway::backend
