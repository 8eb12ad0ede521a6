#include "backend/types/score_tree.h"

#include <cstdlib>
#include <cstring>

#include "backend/engine/allocation.h"
#include "backend/engine/entry.h"

namespace slotway::backend {

namespace {

template <typename T>
void shift(T* array, uint32_t from, uint32_t to, uint32_t count) {
  std::memmove(array + to, array + from, count * sizeof(T));
}
template <typename T>
void transfer(const T* from, T* to, uint32_t count) {
  std::memcpy(to, from, count * sizeof(T));
}

}  // namespace

ScoredMember* ScoredMember::make(double score, std::string_view bytes) {
  void* const memory = allocate(allocation_size(kHeader + bytes.size()));
  auto* const member = static_cast<ScoredMember*>(memory);
  member->score = score;
  member->size_ = static_cast<uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(static_cast<char*>(memory) + kHeader, bytes.data(), bytes.size());
  return member;
}

size_t ScoredMember::allocated() const { return allocation_size(kHeader + size_); }

void ScoredMember::release(ScoredMember* member) { std::free(member); }

// ---- nodes

ScoreTree::Leaf* ScoreTree::new_leaf(uint32_t room) {
  auto* const leaf = new (allocate(Leaf::bytes(room))) Leaf;
  ++leaves_;
  leaf_bytes_ += Leaf::bytes(room);
  leaf->previous = nullptr;
  leaf->next = nullptr;
  leaf->count = 0;
  leaf->room = room;
  return leaf;
}

ScoreTree::Inner* ScoreTree::new_inner() {
  auto* const inner = new (allocate(sizeof(Inner))) Inner;
  ++inners_;
  inner->count = 0;
  return inner;
}

void ScoreTree::free_node(Leaf* leaf) {
  if (leaf->previous) leaf->previous->next = leaf->next;
  if (leaf->next) leaf->next->previous = leaf->previous;
  --leaves_;
  leaf_bytes_ -= Leaf::bytes(leaf->room);
  std::free(leaf);
}

void ScoreTree::free_node(Inner* inner) {
  --inners_;
  std::free(inner);
}

void ScoreTree::place(Leaf* leaf, uint32_t at, ScoredMember* member) {
  shift(leaf->scores(), at, at + 1, leaf->count - at);
  shift(leaf->members(), at, at + 1, leaf->count - at);
  leaf->scores()[at] = member->score;
  leaf->members()[at] = member;
  ++leaf->count;
}

// Moves `count` members of `from`, from `at` on, into `to` at `to_at`.
void ScoreTree::move_members(Leaf* from, uint32_t at, Leaf* to, uint32_t to_at, uint32_t count) {
  shift(to->scores(), to_at, to_at + count, to->count - to_at);
  shift(to->members(), to_at, to_at + count, to->count - to_at);
  transfer(from->scores() + at, to->scores() + to_at, count);
  transfer(from->members() + at, to->members() + to_at, count);
  to->count += count;
  const uint32_t behind = from->count - at - count;
  shift(from->scores(), at + count, at, behind);
  shift(from->members(), at + count, at, behind);
  from->count -= count;
}

void ScoreTree::cut(Leaf* leaf, uint32_t at) {
  shift(leaf->scores(), at + 1, at, leaf->count - at - 1);
  shift(leaf->members(), at + 1, at, leaf->count - at - 1);
  --leaf->count;
}

void ScoreTree::open_child(Inner* node, uint32_t at) {
  const uint32_t behind = node->count - at;
  shift(node->scores(), at, at + 1, behind);
  shift(node->members(), at, at + 1, behind);
  shift(node->children, at, at + 1, behind);
  shift(node->counts, at, at + 1, behind);
  ++node->count;
}

void ScoreTree::close_child(Inner* node, uint32_t at) {
  const uint32_t behind = node->count - at - 1;
  shift(node->scores(), at + 1, at, behind);
  shift(node->members(), at + 1, at, behind);
  shift(node->children, at + 1, at, behind);
  shift(node->counts, at + 1, at, behind);
  --node->count;
}

// The last children of `from`, from `at` on, become the last of `to`.
void ScoreTree::append_children(Inner* from, uint32_t at, Inner* to) {
  const uint32_t count = from->count - at;
  transfer(from->scores() + at, to->scores() + to->count, count);
  transfer(from->members() + at, to->members() + to->count, count);
  transfer(from->children + at, to->children + to->count, count);
  transfer(from->counts + at, to->counts + to->count, count);
  to->count += count;
  from->count = at;
}

void ScoreTree::separate(Inner* node, uint32_t index, const Leaf* first) {
  node->scores()[index] = first->scores()[0];
  node->members()[index] = first->members()[0];
}

uint64_t ScoreTree::sum_before(const Inner* node, uint32_t index) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < index; ++i) sum += node->counts[i];
  return sum;
}

const ScoreTree::Leaf* ScoreTree::first_leaf(const void* node, uint32_t level) {
  for (; level > 0; --level) node = static_cast<const Inner*>(node)->children[0];
  return static_cast<const Leaf*>(node);
}

// ---- the tree

ScoreTree::ScoreTree() : root_(new_leaf(kFirstRoom)) {}

ScoreTree::~ScoreTree() {
  while (dismantle()) {
  }
}

// The leaves below the last inner node of level 1, and the nodes above that have become empty.
bool ScoreTree::dismantle() {
  if (!root_) return false;
  void** link = &root_;
  Inner* parents[kMostLevels];
  for (uint32_t level = height_; level > 1; --level) {
    auto* const inner = static_cast<Inner*>(*link);
    parents[level] = inner;
    link = &inner->children[inner->count - 1];
  }
  if (height_ > 0) {
    auto* const inner = static_cast<Inner*>(*link);
    for (uint32_t i = 0; i < inner->count; ++i) std::free(inner->children[i]);
  }
  std::free(*link);
  for (uint32_t level = 2; level <= height_; ++level) {
    if (--parents[level]->count > 0) return true;
    std::free(parents[level]);
  }
  root_ = nullptr;
  return true;
}

ScoreTree::Path ScoreTree::find(const ScoredMember* member) const {
  const auto not_behind = [member, bytes = member->bytes()](double score,
                                                            const ScoredMember* other) {
    return score < member->score || (score == member->score && other->bytes() <= bytes);
  };
  Path path;
  void* node = root_;
  for (uint32_t level = height_; level > 0; --level) {
    auto* const inner = static_cast<Inner*>(node);
    const uint32_t index = partition(inner, 1, inner->count, not_behind) - 1;
    path.steps[level] = {inner, index};
    node = inner->children[index];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = partition(path.leaf, 0, path.leaf->count, not_behind) - 1;
  return path;
}

ScoreTree::Path ScoreTree::find(uint64_t rank) const {
  Path path;
  void* node = root_;
  for (uint32_t level = height_; level > 0; --level) {
    auto* const inner = static_cast<Inner*>(node);
    uint32_t index = 0;
    while (rank >= inner->counts[index]) rank -= inner->counts[index++];
    path.steps[level] = {inner, index};
    node = inner->children[index];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = static_cast<uint32_t>(rank);
  return path;
}

uint64_t ScoreTree::rank_of(const ScoredMember* member) const {
  return count_before([member, bytes = member->bytes()](double score, const ScoredMember* other) {
    return comes_before(score, score == member->score ? other->bytes() : "", member->score, bytes);
  });
}

ScoreTree::Position ScoreTree::at(uint64_t rank) const {
  if (rank >= size_) return {nullptr, 0};
  const Path path = find(rank);
  return {path.leaf, path.index};
}

void ScoreTree::erase(const ScoredMember* member) {
  Path path = find(member);
  erase(path);
}

ScoredMember* ScoreTree::erase_at(uint64_t rank) {
  Path path = find(rank);
  ScoredMember* const member = path.leaf->members()[path.index];
  erase(path);
  return member;
}

void ScoreTree::move(ScoredMember* member, double score) {
  Path path = find(member);
  Leaf* const leaf = path.leaf;
  const uint32_t index = path.index;
  const bool behind_previous =
      index > 0 ? leaf->scores()[index - 1] < score : leaf->previous == nullptr;
  const bool before_next =
      index + 1 < leaf->count ? score < leaf->scores()[index + 1] : leaf->next == nullptr;
  if (behind_previous && before_next) {
    leaf->scores()[index] = score;
    member->score = score;
    return;
  }
  erase(path);
  member->score = score;
  insert(member);
}

bool ScoreTree::is_sound() const { return is_sound(root_, height_, size_); }

bool ScoreTree::is_sound(const void* node, uint32_t level, uint64_t count) const {
  if (level == 0) {
    const auto* const leaf = static_cast<const Leaf*>(node);
    return leaf->count == count && leaf->count <= leaf->room &&
           (leaf->room == Leaf::kRoom || node == root_) && (count > 0 || node == root_);
  }
  const auto* const inner = static_cast<const Inner*>(node);
  if (inner->count == 0 || inner->count > Inner::kRoom) return false;
  if (sum_before(inner, inner->count) != count) return false;
  for (uint32_t i = 0; i < inner->count; ++i) {
    const void* const child = inner->children[i];
    const Leaf* const first = first_leaf(child, level - 1);
    if (i > 0 &&
        (inner->members()[i] != first->members()[0] || inner->scores()[i] != first->scores()[0])) {
      return false;
    }
    if (!is_sound(child, level - 1, inner->counts[i])) return false;
  }
  return true;
}

}  // namespace slotway::backend
