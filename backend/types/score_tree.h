// ScoreTree: the members of a large sorted set in their order: by score, then by the member's
// bytes.
//
// A B+ tree that knows how many members are below each node, so that the rank of a member and the
// member of a rank cost one way down; every operation's work is bounded by the tree's height times
// the size of a node. Leaves hold scores and members in arrays of their own, so that a search reads
// no member unless scores are equal, and are linked in both directions. Source: Comer, "The
// ubiquitous B-tree" (1979); counted as in Knuth, TAOCP 3, 6.2.4.
//
//   1. All leaves have the same depth; only the root may be an empty leaf.
//   2. The separator of child i > 0 of an inner node is the first member of that child, exactly.
//   3. The count of a child is the number of members below it.
//
// The members are the owner's; nodes are plain allocations that any thread may give back. One
// thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/engine/relocation.h"

namespace slotway::backend {

// A member with its score, in one allocation; the member's index by its bytes and the tree share
// it.
struct ScoredMember {
  double score;  // never NaN

  static ScoredMember* make(double score, std::string_view bytes);
  static void release(ScoredMember* member);

  std::string_view bytes() const { return {reinterpret_cast<const char*>(this) + kHeader, size_}; }
  // What LinearTable calls it.
  std::string_view key() const { return bytes(); }
  // Bytes of the allocation.
  size_t allocated() const;
  static constexpr size_t kLongest = UINT32_MAX;

 private:
  static constexpr size_t kHeader = sizeof(double) + sizeof(uint32_t);
  uint32_t size_;
};

// The tree's order.
inline bool comes_before(double score, std::string_view bytes, double other_score,
                         std::string_view other_bytes) {
  return score < other_score || (score == other_score && bytes < other_bytes);
}

class ScoreTree {
  // Nodes of just under 1 KiB, a class of size of the allocators; only a leaf that is the whole
  // tree may have less room.
  struct Leaf {
    static constexpr uint32_t kRoom = 62;
    Leaf* previous;
    Leaf* next;
    uint32_t count;
    uint32_t room;

    double* scores() { return reinterpret_cast<double*>(this + 1); }
    const double* scores() const { return reinterpret_cast<const double*>(this + 1); }
    ScoredMember** members() { return reinterpret_cast<ScoredMember**>(scores() + room); }
    ScoredMember* const* members() const {
      return reinterpret_cast<ScoredMember* const*>(scores() + room);
    }
    static size_t bytes(uint32_t room) {
      return sizeof(Leaf) + room * (sizeof(double) + sizeof(ScoredMember*));
    }
  };
  struct Inner {
    static constexpr uint32_t kRoom = 31;
    uint32_t count;
    // The separators; the first one means nothing.
    double separator_scores[kRoom];
    const ScoredMember* separator_members[kRoom];
    void* children[kRoom];
    uint64_t counts[kRoom];

    double* scores() { return separator_scores; }
    const double* scores() const { return separator_scores; }
    const ScoredMember** members() { return separator_members; }
    const ScoredMember* const* members() const { return separator_members; }
  };

 public:
  // A member's place; good until the tree changes.
  class Position {
   public:
    explicit operator bool() const { return leaf_ != nullptr; }
    ScoredMember* member() const { return leaf_->members()[index_]; }
    double score() const { return leaf_->scores()[index_]; }
    // Behind the last one and in front of the first one, the position is none.
    void next() {
      if (++index_ < leaf_->count) return;
      leaf_ = leaf_->next;
      index_ = 0;
    }
    void previous() {
      if (index_ > 0) {
        --index_;
      } else {
        leaf_ = leaf_->previous;
        index_ = leaf_ ? leaf_->count - 1 : 0;
      }
    }

   private:
    friend class ScoreTree;
    Position(const Leaf* leaf, uint32_t index) : leaf_(leaf), index_(index) {}
    const Leaf* leaf_;
    uint32_t index_;
  };

  ScoreTree();
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;
  // Gives the nodes back, not the members.
  ~ScoreTree();
  // Gives some nodes back; false if none was left. From then on the tree is good for nothing but
  // more of this.
  bool dismantle();

  uint64_t size() const { return size_; }

  // Requires that no member of the same bytes and score is there.
  void insert(ScoredMember* member);
  // Requires that it is there.
  void erase(const ScoredMember* member);
  // Gives a member that is there another score, and its place.
  void move(ScoredMember* member, double score);
  // Takes the member of this rank out. Requires rank < size().
  ScoredMember* erase_at(uint64_t rank);

  // How many members come before it. Requires that it is there.
  uint64_t rank_of(const ScoredMember* member) const;
  // None if there are not so many.
  Position at(uint64_t rank) const;
  Position first() const { return at(0); }
  // How many members before(score, member) holds for: it must hold for the first so many in the
  // tree's order and for no others.
  template <typename Before>
  uint64_t count_before(const Before& before) const;

  // Moves the leaf that has the member of this rank, and the nodes above it; then the members of
  // the leaf, from that one on, become what relocate_member(ScoredMember*) gives: the same with
  // another address, or as it was. Returns the rank from which to go on: of the next leaf's first
  // member, unless the step is full before. Requires rank < size().
  template <typename RelocateMember>
  uint64_t relocate_part(uint64_t rank, Relocation& relocation, RelocateMember&& relocate_member);

  // Bytes of the nodes.
  size_t memory() const { return sizeof *this + leaf_bytes_ + inners_ * sizeof(Inner); }
  uint64_t leaf_count() const { return leaves_; }
  // Members that a leaf has room for.
  static constexpr uint32_t leaf_room() { return Leaf::kRoom; }
  // For tests: whether the invariants hold.
  bool is_sound() const;

 private:
  // Members that the only leaf has room for at first; it grows in classes of size, to 14, 30, 62.
  static constexpr uint32_t kFirstRoom = 6;
  // Far more levels than memory is there for: two neighbours have 16 children at least.
  static constexpr uint32_t kMostLevels = 24;

  // An inner node on the way down and which of its children comes next.
  struct Step {
    Inner* node;
    uint32_t index;
  };
  struct Path {
    Step steps[kMostLevels];  // by level: the parent of the leaf is 1
    Leaf* leaf;
    uint32_t index;
  };

  // The first of [from, to) that `before` does not hold for.
  template <typename Node, typename Before>
  static uint32_t partition(const Node* node, uint32_t from, uint32_t to, const Before& before) {
    while (from < to) {
      const uint32_t middle = (from + to) / 2;
      if (before(node->scores()[middle], node->members()[middle])) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }
  static void place(Leaf* leaf, uint32_t at, ScoredMember* member);
  static void cut(Leaf* leaf, uint32_t at);
  static void move_members(Leaf* from, uint32_t at, Leaf* to, uint32_t to_at, uint32_t count);
  static void open_child(Inner* node, uint32_t at);
  static void close_child(Inner* node, uint32_t at);
  static void append_children(Inner* from, uint32_t at, Inner* to);
  static void separate(Inner* node, uint32_t index, const Leaf* first);
  static uint64_t sum_before(const Inner* node, uint32_t index);
  static const Leaf* first_leaf(const void* node, uint32_t level);

  Leaf* new_leaf(uint32_t room = Leaf::kRoom);
  Inner* new_inner();
  void free_node(Leaf* leaf);
  void free_node(Inner* inner);
  Path find(const ScoredMember* member) const;
  Path find(uint64_t rank) const;

  void grow_leaf();
  void grow_root();
  void split_inner(Inner* parent, uint32_t index, bool at_end);
  void insert_into_full(Inner* parent, uint32_t index, uint32_t at, ScoredMember* member);
  void erase(Path& path);
  template <typename Node>
  bool tidy(Step& step, uint32_t level);
  static void join(Leaf* left, Leaf* right, uint32_t level);
  static void join(Inner* left, Inner* right, uint32_t level);
  bool is_sound(const void* node, uint32_t level, uint64_t count) const;

  void* root_;
  uint32_t height_ = 0;  // the root's level; leaves have 0
  uint64_t size_ = 0;
  uint64_t leaves_ = 0;
  size_t leaf_bytes_ = 0;
  uint64_t inners_ = 0;
};

template <typename Before>
uint64_t ScoreTree::count_before(const Before& before) const {
  uint64_t rank = 0;
  const void* node = root_;
  for (uint32_t level = height_; level > 0; --level) {
    const auto* const inner = static_cast<const Inner*>(node);
    const uint32_t index = partition(inner, 1, inner->count, before) - 1;
    rank += sum_before(inner, index);
    node = inner->children[index];
  }
  const auto* const leaf = static_cast<const Leaf*>(node);
  return rank + partition(leaf, 0, leaf->count, before);
}

template <typename RelocateMember>
uint64_t ScoreTree::relocate_part(uint64_t rank, Relocation& relocation,
                                  RelocateMember&& relocate_member) {
  uint64_t in_leaf = rank;
  void** link = &root_;
  const ScoredMember** separator = nullptr;  // of the leaf's first member
  for (uint32_t level = height_; level > 0; --level) {
    relocation.move(*link, sizeof(Inner));
    auto* const inner = static_cast<Inner*>(*link);
    uint32_t index = 0;
    while (in_leaf >= inner->counts[index]) in_leaf -= inner->counts[index++];
    if (index > 0) separator = &inner->members()[index];
    link = &inner->children[index];
  }
  auto* leaf = static_cast<Leaf*>(*link);
  if (relocation.move(leaf, Leaf::bytes(leaf->room))) {
    *link = leaf;
    if (leaf->previous) leaf->previous->next = leaf;
    if (leaf->next) leaf->next->previous = leaf;
  }
  auto i = static_cast<uint32_t>(in_leaf);
  do {
    leaf->members()[i] = relocate_member(leaf->members()[i]);
  } while (++i < leaf->count && !relocation.step_is_full());
  if (separator) *separator = leaf->members()[0];
  return rank - in_leaf + i;
}

}  // namespace slotway::backend
