// LargeSortedSet: a sorted set that stands outside of its entry: the members by their bytes in a
// hash table and in their order in a tree, each of them allocated once.
//
// The object of an entry of Encoding::kSkiplist, and owned by it. One thread; one that nobody else
// refers to may be destroyed on any.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backend/engine/linear_table.h"
#include "backend/types/score_tree.h"

namespace slotway::backend {

class LargeSortedSet {
 public:
  using Table = LinearTable<ScoredMember>;

  LargeSortedSet() = default;
  LargeSortedSet(const LargeSortedSet&) = delete;
  LargeSortedSet& operator=(const LargeSortedSet&) = delete;
  ~LargeSortedSet();
  // Gives a part back; false if nothing was left. From then on the set is good for nothing but more
  // of this.
  bool dismantle();
  // See ValueOperations::relocate; the object itself stays.
  uint64_t relocate(uint64_t position, Relocation& relocation);
  // An independent copy, the caller's.
  LargeSortedSet* copy() const;

  uint64_t size() const { return table_.size(); }
  const ScoreTree& tree() const { return tree_; }
  const Table& table() const { return table_; }

  // Null if it is not there.
  ScoredMember* find(std::string_view member) const { return find(member, hash_bytes(member)); }
  ScoredMember* find(std::string_view member, uint64_t hash) const {
    const auto* const cell = const_cast<Table&>(table_).find(hash, member);
    return cell ? cell->entry() : nullptr;
  }
  // Requires that the member is not there. `hash` is that of its bytes.
  void insert(std::string_view member, uint64_t hash, double score) {
    adopt(ScoredMember::make(score, member), hash);
  }
  // The same for a member that is this object's from now on.
  void adopt(ScoredMember* member, uint64_t hash);
  // Of a member that find() gave.
  void change_score(ScoredMember* member, double score) { tree_.move(member, score); }
  // False if it is not there.
  bool erase(std::string_view member);
  // The member of this rank goes, but for its memory, which is the caller's then. Requires
  // rank < size().
  ScoredMember* take(uint64_t rank);

  // Bytes of everything. O(1).
  size_t memory() const {
    return sizeof *this - sizeof table_ - sizeof tree_ + table_.memory() + tree_.memory() + bytes_;
  }

 private:
  Table table_;
  ScoreTree tree_;
  size_t bytes_ = 0;  // of the members
};

}  // namespace slotway::backend
