#include "backend/types/string_value.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "backend/engine/allocation.h"
#include "backend/engine/value_operations.h"
#include "wire/number.h"

namespace slotway::backend {

namespace {

constexpr size_t kLongestNumber = 20;
constexpr size_t kLongestEmbstr = 44;
constexpr size_t kLargestClass = 128 << 10;
constexpr size_t kPage = 4096;
constexpr size_t kMostGrowth = 32 << 20;  // bytes that a growing string gets in advance

wire::Block* block_of(const Entry* entry) {
  return static_cast<wire::Block*>(entry->reference().object);
}

int64_t load_integer(const Entry* entry) {
  int64_t value;
  std::memcpy(&value, entry->value(), sizeof value);
  return value;
}

std::optional<int64_t> as_number(std::string_view bytes) {
  if (bytes.size() > kLongestNumber) return std::nullopt;
  return wire::parse_integer(bytes);
}

Encoding text_encoding(size_t size) {
  return size <= kLongestEmbstr ? Encoding::kEmbstr : Encoding::kRaw;
}

void copy(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

// Sets bytes behind a value to zero. In mappings most are already: they came from the kernel and
// values never shrink where they stand. Long strings thus grow in no time.
void clear(wire::Block* block, size_t begin, size_t end) {
  end = std::min(end, wire::BlockPool::zero_from(*block));
  if (begin < end) std::memset(block->data() + begin, 0, end - begin);
}

// The capacity of a block for a string that grows to `size`.
size_t capacity_for_growth(size_t size) { return size + std::min(size, kMostGrowth); }

Entry::Reference new_block(wire::BlockPool& blocks, std::string_view bytes, size_t size,
                           size_t capacity) {
  wire::BlockRef block = blocks.acquire_exact(capacity);
  copy(block->data(), bytes);
  clear(block.get(), bytes.size(), size);
  wire::Block* const kept = block.get();
  ++kept->refs;  // the entry's
  return {kept, size};
}

// ---- operations of the engine

void destroy(Entry::Reference value) {
  wire::BlockRef::adopt(static_cast<wire::Block*>(value.object)).reset();
}

size_t effort(Entry::Reference value) { return value.size / 4096; }

bool destroy_part(Entry::Reference value) {
  constexpr size_t kPart = 4 << 20;
  auto block = wire::BlockRef::adopt(static_cast<wire::Block*>(value.object));
  if (!wire::BlockPool::can_grow(block) || block->capacity <= kPart) return true;
  wire::BlockPool::cut(block, block->capacity - kPart);
  block.release();
  return false;
}

Entry::Reference copy_block(Entry::Reference value) {
  auto* const block = static_cast<wire::Block*>(value.object);
  return new_block(*block->pool, {block->data(), value.size}, value.size, value.size);
}

size_t memory(Entry::Reference value) {
  const auto* const block = static_cast<wire::Block*>(value.object);
  const size_t size = sizeof *block + block->capacity;
  if (block->size_class == wire::BlockPool::kMapped) return size;
  // Beyond the classes of size of the allocator there are pages.
  return size <= kLargestClass ? allocation_size(size) : (size + kPage - 1) / kPage * kPage;
}

// A block that a reply still refers to stays, and so does what is not of the allocator.
uint64_t relocate(Entry::Reference& value, uint64_t, Relocation& relocation) {
  auto* block = static_cast<wire::Block*>(value.object);
  if (block->refs > 1 || block->size_class == wire::BlockPool::kMapped) return 0;
  if (relocation.move(block, sizeof *block + block->capacity)) value.object = block;
  return 0;
}

}  // namespace

extern const ValueOperations kStringOperations;
const ValueOperations kStringOperations = {
    .destroy = &destroy,
    .effort = &effort,
    .destroy_part = &destroy_part,
    .copy = &copy_block,
    .memory = &memory,
    .relocate = &relocate,
};

std::string_view string_bytes(const Entry* entry, NumberText& text) {
  if (entry->encoding() == Encoding::kInt) {
    char* const end =
        std::to_chars(text.digits, text.digits + sizeof text.digits, load_integer(entry)).ptr;
    return {text.digits, static_cast<size_t>(end - text.digits)};
  }
  if (entry->is_reference()) return {block_of(entry)->data(), entry->reference().size};
  return {entry->value(), entry->value_size()};
}

size_t string_size(const Entry* entry) {
  NumberText text;
  return string_bytes(entry, text).size();
}

std::optional<int64_t> string_integer(const Entry* entry) {
  if (entry->encoding() == Encoding::kInt) return load_integer(entry);
  NumberText text;
  return as_number(string_bytes(entry, text));
}

void write_string(const Entry* entry, wire::ReplyWriter& reply) {
  NumberText text;
  const std::string_view bytes = string_bytes(entry, text);
  if (!entry->is_reference()) return reply.bulk(bytes);
  char header[24] = {'$'};
  char* end = std::to_chars(header + 1, header + 22, bytes.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  reply.raw({header, static_cast<size_t>(end - header)});
  wire::Block* const block = block_of(entry);
  ++block->refs;
  reply.out().append(wire::BlockRef::adopt(block), bytes);
  reply.raw("\r\n");
}

Entry* make_string(wire::BlockPool& blocks, std::string_view key, std::string_view bytes,
                   int64_t expiry_ms) {
  if (const auto number = as_number(bytes)) return make_integer(key, *number, expiry_ms);
  return make_text(blocks, key, bytes, expiry_ms);
}

Entry* make_integer(std::string_view key, int64_t value, int64_t expiry_ms) {
  Entry* const entry = Entry::make(key, Type::kString, Encoding::kInt, sizeof value, expiry_ms);
  std::memcpy(entry->value(), &value, sizeof value);
  return entry;
}

Entry* make_text(wire::BlockPool& blocks, std::string_view key, std::string_view bytes,
                 int64_t expiry_ms) {
  if (bytes.size() > Entry::kMaxInline) {
    return Entry::make_reference(key, Type::kString, Encoding::kRaw,
                                 new_block(blocks, bytes, bytes.size(), bytes.size()), expiry_ms);
  }
  Entry* const entry =
      Entry::make(key, Type::kString, text_encoding(bytes.size()), bytes.size(), expiry_ms);
  copy(entry->value(), bytes);
  return entry;
}

Entry* make_raw(wire::BlockPool& blocks, std::string_view key, std::string_view bytes, size_t size,
                int64_t expiry_ms) {
  if (size > Entry::kMaxInline) {
    const bool is_growing = !bytes.empty() && bytes.size() < size;
    const size_t capacity = is_growing ? capacity_for_growth(size) : size;
    return Entry::make_reference(key, Type::kString, Encoding::kRaw,
                                 new_block(blocks, bytes, size, capacity), expiry_ms);
  }
  Entry* const entry = Entry::make(key, Type::kString, Encoding::kRaw, size, expiry_ms);
  copy(entry->value(), bytes);
  std::memset(entry->value() + bytes.size(), 0, size - bytes.size());
  return entry;
}

bool assign_string(Entry* entry, std::string_view bytes) {
  if (bytes.size() > Entry::kMaxInline) return false;
  if (const auto number = as_number(bytes)) {
    if (!entry->fits(sizeof *number)) return false;
    entry->set_value_size(sizeof *number);
    entry->set_encoding(Encoding::kInt);
    std::memcpy(entry->value(), &*number, sizeof *number);
    return true;
  }
  if (!entry->fits(bytes.size())) return false;
  entry->set_value_size(bytes.size());
  entry->set_encoding(text_encoding(bytes.size()));
  copy(entry->value(), bytes);
  return true;
}

bool extend_string(Entry* entry, size_t size) {
  if (entry->encoding() == Encoding::kInt) return false;
  if (entry->is_reference()) {
    const Entry::Reference value = entry->reference();
    wire::BlockRef block = wire::BlockRef::adopt(block_of(entry));
    const bool fits = size <= block->capacity;
    const bool can = fits ? !block.shared() : wire::BlockPool::can_grow(block);
    if (can && !fits) block->pool->grow(block, capacity_for_growth(size));
    wire::Block* const kept = block.release();
    if (!can) return false;
    clear(kept, value.size, size);
    entry->set_reference({kept, size});
    return true;
  }
  const size_t old_size = entry->value_size();
  if (size > Entry::kMaxInline || !entry->fits(size)) return false;
  entry->set_value_size(size);
  entry->set_encoding(Encoding::kRaw);
  std::memset(entry->value() + old_size, 0, size - old_size);
  return true;
}

char* writable_bytes(Entry* entry) {
  return entry->is_reference() ? block_of(entry)->data() : entry->value();
}

}  // namespace slotway::backend
