#include "backend/types/large_sorted_set.h"

#include <algorithm>

#include "backend/engine/value_operations.h"

namespace slotway::backend {

LargeSortedSet::~LargeSortedSet() {
  while (dismantle()) {
  }
}

bool LargeSortedSet::dismantle() {
  return tree_.dismantle() || table_.dismantle(&ScoredMember::release);
}

// An even position is twice the number of a leaf of the table; an odd one, twice the rank of a
// member: the tree comes behind the table.
uint64_t LargeSortedSet::relocate(uint64_t position, Relocation& relocation) {
  constexpr uint64_t kLeavesAtOnce = 16;
  const uint64_t at = position / 2;
  if (position % 2 == 0) {
    const uint64_t end = std::min<uint64_t>(at + kLeavesAtOnce, table_.leaf_count());
    for (uint64_t i = at; i < end; ++i) table_.relocate_leaf(static_cast<uint32_t>(i), relocation);
    return end < table_.leaf_count() ? 2 * end : 1;
  }
  if (at >= size()) return 0;
  const uint64_t next = tree_.relocate_part(at, relocation, [&](ScoredMember* member) {
    ScoredMember* const fresh = relocation.copy(member, member->allocated());
    if (!fresh) return member;
    table_.find_entry(hash_bytes(member->bytes()), member)->set_entry(fresh);
    ScoredMember::release(member);
    return fresh;
  });
  return next < size() ? 2 * next + 1 : 0;
}

LargeSortedSet* LargeSortedSet::copy() const {
  auto* const result = new LargeSortedSet;
  for (ScoreTree::Position at = tree_.first(); at; at.next()) {
    const std::string_view bytes = at.member()->bytes();
    result->insert(bytes, hash_bytes(bytes), at.score());
  }
  return result;
}

void LargeSortedSet::adopt(ScoredMember* member, uint64_t hash) {
  table_.insert(hash, member);
  tree_.insert(member);
  bytes_ += member->allocated();
}

bool LargeSortedSet::erase(std::string_view bytes) {
  const uint64_t hash = hash_bytes(bytes);
  Table::Cell* const cell = table_.find(hash, bytes);
  if (!cell) return false;
  ScoredMember* const member = cell->entry();
  tree_.erase(member);
  table_.remove(hash, cell);
  bytes_ -= member->allocated();
  ScoredMember::release(member);
  return true;
}

ScoredMember* LargeSortedSet::take(uint64_t rank) {
  ScoredMember* const member = tree_.erase_at(rank);
  const uint64_t hash = hash_bytes(member->bytes());
  table_.remove(hash, table_.find(hash, member->bytes()));
  bytes_ -= member->allocated();
  return member;
}

// ---- operations of the engine

namespace {

LargeSortedSet* object_of(Entry::Reference value) {
  return static_cast<LargeSortedSet*>(value.object);
}

void destroy(Entry::Reference value) { delete object_of(value); }

size_t effort(Entry::Reference value) { return object_of(value)->size(); }

Entry::Reference copy(Entry::Reference value) { return {object_of(value)->copy(), 0}; }

size_t memory(Entry::Reference value) { return object_of(value)->memory(); }

uint64_t relocate(Entry::Reference& value, uint64_t position, Relocation& relocation) {
  LargeSortedSet* set = object_of(value);
  if (position == 0 && relocation.move_object(set)) value.object = set;
  return set->relocate(position, relocation);
}

}  // namespace

extern const ValueOperations kSortedSetOperations;
const ValueOperations kSortedSetOperations = {
    .destroy = &destroy,
    .effort = &effort,
    .destroy_part = &dismantle_and_delete<LargeSortedSet>,
    .copy = &copy,
    .memory = &memory,
    .relocate = &relocate,
};

}  // namespace slotway::backend
