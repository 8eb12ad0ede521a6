// How a ScoreTree stays in shape: insertion makes room on its way down, removal joins nodes on its
// way back.
#include <algorithm>

#include "backend/types/score_tree.h"

namespace slotway::backend {

namespace {

// A leaf or inner node that has become smaller than this looks for a neighbour to join; joined,
// they must have room for some more, so that the next insertion does not tear them apart again.
constexpr uint32_t small(uint32_t room) { return room / 2; }
constexpr uint32_t joined_at_most(uint32_t room) { return room - room / 8; }
// A full leaf gives members to a neighbour that has room for at least so many.
constexpr uint32_t kWorthSharing = 8;

}  // namespace

// ---- insertion

// Twice the room for the leaf that is the whole tree.
void ScoreTree::grow_leaf() {
  auto* const old = static_cast<Leaf*>(root_);
  Leaf* const fresh = new_leaf(std::min(2 * old->room + 2, Leaf::kRoom));
  move_members(old, 0, fresh, 0, old->count);
  free_node(old);
  root_ = fresh;
}

void ScoreTree::grow_root() {
  Inner* const root = new_inner();
  root->count = 1;
  root->children[0] = root_;
  root->counts[0] = size_;
  root_ = root;
  ++height_;
}

// Splits child `index`, which is full, of a parent that is not. At the end of all members the
// child stays as it is but for its last one: what is appended fills nodes to the brim.
void ScoreTree::split_inner(Inner* parent, uint32_t index, bool at_end) {
  auto* const left = static_cast<Inner*>(parent->children[index]);
  Inner* const right = new_inner();
  append_children(left, at_end ? left->count - 1 : left->count / 2, right);
  open_child(parent, index + 1);
  parent->children[index + 1] = right;
  parent->scores()[index + 1] = right->scores()[0];
  parent->members()[index + 1] = right->members()[0];
  parent->counts[index + 1] = sum_before(right, right->count);
  parent->counts[index] -= parent->counts[index + 1];
}

void ScoreTree::insert(ScoredMember* member) {
  const double score = member->score;
  const auto before = [score, bytes = member->bytes()](double other, const ScoredMember* there) {
    return other < score || (other == score && there->bytes() < bytes);
  };
  if (height_ == 0) {
    const auto* const leaf = static_cast<const Leaf*>(root_);
    if (leaf->count == leaf->room) leaf->room < Leaf::kRoom ? grow_leaf() : grow_root();
  } else if (static_cast<const Inner*>(root_)->count == Inner::kRoom) {
    grow_root();
  }
  ++size_;
  bool at_end = true;  // the way down keeps to the last children
  Inner* parent = nullptr;
  uint32_t index = 0;
  void* node = root_;
  for (uint32_t level = height_; level > 0; --level) {
    auto* inner = static_cast<Inner*>(node);
    if (inner->count == Inner::kRoom) {
      split_inner(parent, index, at_end);
      // The member is counted at the child that it was on the way to.
      if (before(parent->scores()[index + 1], parent->members()[index + 1])) {
        ++index;
        inner = static_cast<Inner*>(parent->children[index]);
      } else {
        at_end = false;
      }
    }
    if (parent) ++parent->counts[index];
    parent = inner;
    index = partition(inner, 1, inner->count, before) - 1;
    at_end = at_end && index + 1 == inner->count;
    node = inner->children[index];
  }
  auto* const leaf = static_cast<Leaf*>(node);
  const uint32_t at = partition(leaf, 0, leaf->count, before);
  if (leaf->count == leaf->room) return insert_into_full(parent, index, at, member);
  place(leaf, at, member);
  if (parent) ++parent->counts[index];
}

// Child `index` of the parent, which has room, is a full leaf.
void ScoreTree::insert_into_full(Inner* parent, uint32_t index, uint32_t at, ScoredMember* member) {
  auto* const leaf = static_cast<Leaf*>(parent->children[index]);
  const auto room_of = [parent](uint32_t i) {
    return Leaf::kRoom - static_cast<const Leaf*>(parent->children[i])->count;
  };
  uint32_t left = index;  // of the two leaves that are to share the members
  if (index + 1 < parent->count && room_of(index + 1) >= kWorthSharing) {
    auto* const next = static_cast<Leaf*>(parent->children[index + 1]);
    const uint32_t moved = room_of(index + 1) / 2;
    move_members(leaf, Leaf::kRoom - moved, next, 0, moved);
  } else if (index > 0 && room_of(index - 1) >= kWorthSharing) {
    left = index - 1;
    auto* const previous = static_cast<Leaf*>(parent->children[left]);
    at += previous->count;
    move_members(leaf, 0, previous, previous->count, room_of(left) / 2);
  } else {
    Leaf* const fresh = new_leaf();
    fresh->previous = leaf;
    fresh->next = leaf->next;
    if (leaf->next) leaf->next->previous = fresh;
    leaf->next = fresh;
    open_child(parent, index + 1);
    parent->children[index + 1] = fresh;
    // What is appended or prepended leaves full leaves behind.
    uint32_t kept = Leaf::kRoom / 2;
    if (!fresh->next && at == Leaf::kRoom) kept = Leaf::kRoom;
    if (!leaf->previous && at == 0) kept = 0;
    move_members(leaf, kept, fresh, 0, Leaf::kRoom - kept);
  }
  auto* const first = static_cast<Leaf*>(parent->children[left]);
  auto* const second = static_cast<Leaf*>(parent->children[left + 1]);
  // Into the second one if the first has no room: it was full and stays so.
  if (at < first->count || (at == first->count && first->count < Leaf::kRoom)) {
    place(first, at, member);
  } else {
    place(second, at - first->count, member);
  }
  separate(parent, left + 1, second);
  parent->counts[left] = first->count;
  parent->counts[left + 1] = second->count;
}

// ---- removal

// Takes the member at the path's end out.
void ScoreTree::erase(Path& path) {
  cut(path.leaf, path.index);
  --size_;
  // Only a leaf's first member is known to nodes above.
  bool changed = path.index == 0;
  for (uint32_t level = 1; level <= height_; ++level) {
    Step& step = path.steps[level];
    --step.node->counts[step.index];
    changed |= level == 1 ? tidy<Leaf>(step, 0) : tidy<Inner>(step, level - 1);
    if (changed && step.index > 0 && step.index < step.node->count) {
      separate(step.node, step.index, first_leaf(step.node->children[step.index], level - 1));
    }
  }
  while (height_ > 0 && static_cast<Inner*>(root_)->count <= 1) {
    auto* const root = static_cast<Inner*>(root_);
    const bool is_empty = root->count == 0;
    root_ = is_empty ? new_leaf(kFirstRoom) : root->children[0];
    height_ = is_empty ? 0 : height_ - 1;
    free_node(root);
  }
}

// Joins the step's child, of this level, with a neighbour if both are small enough, or removes it
// if it is empty. True if so; the step leads to the child that has the members then, if there is
// one.
template <typename Node>
bool ScoreTree::tidy(Step& step, uint32_t level) {
  Inner* const parent = step.node;
  const auto child = [parent](uint32_t i) { return static_cast<Node*>(parent->children[i]); };
  Node* const node = child(step.index);
  if (node->count == 0) {
    close_child(parent, step.index);
    free_node(node);
    return true;
  }
  if (node->count >= small(Node::kRoom)) return false;
  const auto can_join = [&](uint32_t left) {
    return child(left)->count + child(left + 1)->count <= joined_at_most(Node::kRoom);
  };
  uint32_t left = step.index;
  if (left + 1 == parent->count || !can_join(left)) {
    if (left == 0 || !can_join(--left)) return false;
  }
  Node* const right = child(left + 1);
  join(child(left), right, level);
  parent->counts[left] += parent->counts[left + 1];
  close_child(parent, left + 1);
  free_node(right);
  step.index = left;
  return true;
}

void ScoreTree::join(Leaf* left, Leaf* right, uint32_t) {
  move_members(right, 0, left, left->count, right->count);
}

void ScoreTree::join(Inner* left, Inner* right, uint32_t level) {
  separate(right, 0, first_leaf(right, level));
  append_children(right, 0, left);
}

}  // namespace slotway::backend
