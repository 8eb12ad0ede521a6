#include "backend/types/list_nodes.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "backend/engine/allocation.h"
#include "backend/engine/entry.h"

namespace slotway::backend {

struct ListNodes::Pack {
  ListNodes& list;
  ListNode*& node;

  char* data() { return node->pack(); }
  size_t size() const { return node->pack_size(); }
  void resize(size_t bytes) {
    const size_t old_size = size();
    if (bytes > old_size) node = list.reserve(node, ListEnd::kTail, bytes - old_size);
  }
};

ListNodes::~ListNodes() {
  while (dismantle()) {
  }
}

bool ListNodes::dismantle() {
  constexpr int kNodesAtOnce = 16;
  if (!head_) return false;
  for (int i = 0; i < kNodesAtOnce && head_; ++i) {
    ListNode::release(std::exchange(head_, head_->next));
  }
  return true;
}

ListNodes* ListNodes::copy() const {
  auto result = std::make_unique<ListNodes>();
  for (const ListNode* node = head_; node; node = node->next) {
    result->link_behind(result->tail_, node->copy());
  }
  result->size_ = size_;
  return result.release();
}

bool ListNodes::relocate(bool anew, Relocation& relocation) {
  constexpr int kNodesAtOnce = 4;
  if (anew) to_relocate_ = head_;
  int left = kNodesAtOnce;
  do {
    ListNode* const node = to_relocate_;
    if (!node) break;
    to_relocate_ = node->next;
    const size_t bytes = node->allocated();
    ListNode* const fresh = relocation.copy(node, bytes);
    if (!fresh) continue;
    adopt(node, bytes, fresh);
    ListNode::release(node);
  } while (--left > 0 && !relocation.step_is_full());
  return to_relocate_ != nullptr;
}

size_t ListNodes::memory() const { return allocation_size(sizeof *this) + node_bytes_; }

// ---- the chain

void ListNodes::link_behind(ListNode* left, ListNode* node) {
  ListNode* const right = left ? left->next : head_;
  node->previous = left;
  node->next = right;
  (left ? left->next : head_) = node;
  (right ? right->previous : tail_) = node;
  ++node_count_;
  node_bytes_ += node->allocated();
}

void ListNodes::unlink(ListNode* node) {
  if (node == to_relocate_) to_relocate_ = node->next;
  (node->previous ? node->previous->next : head_) = node->next;
  (node->next ? node->next->previous : tail_) = node->previous;
  --node_count_;
  node_bytes_ -= node->allocated();
  ListNode::release(node);
}

ListNode* ListNodes::adopt(ListNode* old, size_t old_bytes, ListNode* fresh) {
  if (fresh == old) return fresh;
  if (old == to_relocate_) to_relocate_ = fresh;
  (fresh->previous ? fresh->previous->next : head_) = fresh;
  (fresh->next ? fresh->next->previous : tail_) = fresh;
  node_bytes_ += fresh->allocated() - old_bytes;
  return fresh;
}

ListNode* ListNodes::reserve(ListNode* node, ListEnd end, size_t bytes) {
  if (node->has_room(end, bytes)) [[likely]]
    return node;
  const size_t old_bytes = node->allocated();
  return adopt(node, old_bytes, ListNode::reserve(node, end, bytes));
}

ListNode* ListNodes::shrink(ListNode* node) {
  const size_t old_bytes = node->allocated();
  return adopt(node, old_bytes, ListNode::shrink(node));
}

ListNodes::Place ListNodes::find(uint64_t index) const {
  if (index < size_ / 2) {
    ListNode* node = head_;
    for (size_t count; (count = node->count()) <= index; node = node->next) index -= count;
    return {node, index};
  }
  uint64_t behind = size_ - index;  // from here to the end
  ListNode* node = tail_;
  for (size_t count; (count = node->count()) < behind; node = node->previous) behind -= count;
  return {node, node->count() - behind};
}

ListNodes::Position ListNodes::seek(uint64_t index) const {
  const Place place = find(index);
  if (place.node->is_plain()) return {place.node, 0};
  return {place.node, listpack::seek(place.node->pack(), static_cast<int64_t>(place.index))};
}

// ---- insertion

void ListNodes::push(ListEnd end, std::string_view text, const NodeLimit& limit) {
  insert_behind(end == ListEnd::kHead ? nullptr : tail_, text, limit);
}

void ListNodes::insert_behind(ListNode* left, std::string_view text, const NodeLimit& limit) {
  const listpack::Value value(text);
  ++size_;
  if (limit.is_plain(text, value)) return link_behind(left, ListNode::make_plain(text));
  const auto accepts = [&](const ListNode* node) {
    return node && !node->is_plain() &&
           limit.accepts(node->pack_size() + value.size(), node->count() + 1);
  };
  if (accepts(left)) {
    Pack pack{*this, left};
    return listpack::append(pack, value);
  }
  ListNode* right = left ? left->next : head_;
  if (accepts(right)) return reserve(right, ListEnd::kHead, value.size())->prepend(value);
  ListNode* fresh = ListNode::make_pack(listpack::kEmptySize + value.size());
  link_behind(left, fresh);
  Pack pack{*this, fresh};
  listpack::append(pack, value);
}

void ListNodes::append_pack(std::string_view pack, const NodeLimit& limit) {
  const char* const bytes = pack.data();
  const size_t count = listpack::count(bytes);
  if (count > 0 && limit.accepts(pack.size(), count) && limit.plain_from > pack.size()) {
    link_behind(tail_, ListNode::make_pack(pack, pack.size()));
    size_ += count;
    return;
  }
  listpack::ElementText text;
  for (size_t at = listpack::first(bytes); at < listpack::end(bytes);
       at = listpack::next(bytes, at)) {
    push(ListEnd::kTail, listpack::get(bytes, at, text), limit);
  }
}

void ListNodes::insert(Position position, bool behind, std::string_view text,
                       const NodeLimit& limit) {
  const auto [node, at] = position;
  if (node->is_plain()) return insert_behind(behind ? node : node->previous, text, limit);
  insert_at(node, behind ? listpack::next(node->pack(), at) : at, text, limit);
}

void ListNodes::insert_at(ListNode* node, size_t at, std::string_view text,
                          const NodeLimit& limit) {
  const listpack::Value value(text);
  const bool fits = !limit.is_plain(text, value) &&
                    limit.accepts(node->pack_size() + value.size(), node->count() + 1);
  if (fits) {
    ++size_;
    Pack pack{*this, node};
    listpack::insert(pack, at, value);
    return;
  }
  if (at == listpack::first(node->pack())) return insert_behind(node->previous, text, limit);
  if (at < listpack::end(node->pack())) {
    node = split(node, at);
    merge_behind(node->next, limit);
    node = merge_in_front(node, limit);
  }
  insert_behind(node, text, limit);
}

ListNode* ListNodes::split(ListNode* node, size_t at) {
  const char* const pack = node->pack();
  const size_t moved = listpack::end(pack) - at;
  size_t elements = 0;
  for (size_t i = at; i < listpack::end(pack); i = listpack::next(pack, i)) ++elements;
  const size_t size = listpack::kEmptySize + moved;
  ListNode* const fresh = ListNode::make_pack(size);
  std::memcpy(fresh->pack() + listpack::kHeaderSize, pack + at, moved + 1);
  listpack::note_change(fresh->pack(), size, static_cast<int64_t>(elements));
  link_behind(node, fresh);
  return erase_in(node, at, elements);
}

void ListNodes::assign(Position position, std::string_view text, const NodeLimit& limit) {
  auto [node, at] = position;
  if (node->is_plain()) {
    ListNode* const left = node->previous;
    unlink(node);
    --size_;
    return insert_behind(left, text, limit);
  }
  const listpack::Value value(text);
  const size_t rest = node->pack_size() - listpack::element_size(node->pack(), at);
  if (!limit.is_plain(text, value) && limit.accepts(rest + value.size(), 1)) {
    Pack pack{*this, node};
    listpack::assign(pack, at, value);
    shrink(node);
    return;
  }
  --size_;
  if (node->count() == 1) {
    ListNode* const left = node->previous;
    unlink(node);
    return insert_behind(left, text, limit);
  }
  insert_at(erase_in(node, at, 1), at, text, limit);
}

// ---- removal

ListNode* ListNodes::erase_in(ListNode* node, size_t at, size_t count) {
  const char* const pack = node->pack();
  if (at == listpack::first(pack)) {
    size_t behind = at;
    for (size_t i = 0; i < count; ++i) behind = listpack::next(pack, behind);
    node->drop_front(count, behind - at);
  } else {
    Pack storage{*this, node};
    listpack::erase(storage, at, count);
  }
  return shrink(node);
}

void ListNodes::pop(ListEnd end) {
  ListNode* const node = end == ListEnd::kHead ? head_ : tail_;
  --size_;
  if (node->count() == 1) return unlink(node);
  const char* const pack = node->pack();
  const size_t at =
      end == ListEnd::kHead ? listpack::first(pack) : listpack::previous(pack, listpack::end(pack));
  erase_in(node, at, 1);
}

void ListNodes::erase(uint64_t first, uint64_t count, const NodeLimit& limit) {
  if (count == 0) return;
  auto [node, index] = find(first);
  size_ -= count;
  ListNode* left = node->previous;
  while (count > 0) {
    ListNode* const next = node->next;
    const uint64_t taken = std::min(count, node->count() - index);
    if (taken == node->count()) {
      unlink(node);
    } else {
      const size_t at = listpack::seek(node->pack(), static_cast<int64_t>(index));
      node = erase_in(node, at, taken);
      if (index > 0) left = node;
    }
    count -= taken;
    index = 0;
    node = next;
  }
  left = merge_in_front(left, limit);
  // What is left of the last node, if it was cut at its beginning, is behind.
  left = merge_behind(left, limit);
  merge_behind(left ? left->next : head_, limit);
}

uint64_t ListNodes::remove_in(ListNode*& node, std::string_view text, const listpack::Value& value,
                              uint64_t most, ListEnd from) {
  uint64_t removed = 0;
  if (node->is_plain()) {
    removed = node->plain() == text;
  } else {
    Pack pack{*this, node};
    removed = remove_from_pack(pack, value, most, from);
  }
  if (node->is_plain() ? removed == 1 : node->count() == 0) {
    unlink(node);
    node = nullptr;
  } else if (removed > 0) {
    node = shrink(node);
  }
  return removed;
}

uint64_t ListNodes::remove(std::string_view text, uint64_t most, ListEnd from,
                           const NodeLimit& limit) {
  const listpack::Value value(text);
  const bool forward = from == ListEnd::kHead;
  uint64_t removed = 0;
  for (ListNode* node = forward ? head_ : tail_; node && removed < most;) {
    ListNode* const following = forward ? node->next : node->previous;
    const uint64_t here = remove_in(node, text, value, most - removed, from);
    removed += here;
    if (here > 0 && node) forward ? merge_in_front(node, limit) : merge_behind(node, limit);
    node = following;
  }
  size_ -= removed;
  return removed;
}

// ---- merging

ListNode* ListNodes::merge_behind(ListNode* node, const NodeLimit& limit) {
  if (!node || !node->next || node->is_plain() || node->next->is_plain()) return node;
  ListNode* const right = node->next;
  const size_t more = right->pack_size() - listpack::kEmptySize;
  const size_t size = node->pack_size() + more;
  const size_t count = node->count() + right->count();
  // Far enough below the limit that the next insertion does not split it again.
  if (!limit.accepts(size + size / 3, count + count / 3)) return node;
  node = reserve(node, ListEnd::kTail, more);
  std::memcpy(node->pack() + node->pack_size() - 1, right->pack() + listpack::kHeaderSize,
              more + 1);
  listpack::note_change(node->pack(), size, static_cast<int64_t>(right->count()));
  unlink(right);
  return node;
}

ListNode* ListNodes::merge_in_front(ListNode* node, const NodeLimit& limit) {
  if (!node || !node->previous) return node;
  const uint64_t nodes = node_count_;
  ListNode* const merged = merge_behind(node->previous, limit);
  return node_count_ < nodes ? merged : node;
}

}  // namespace slotway::backend
