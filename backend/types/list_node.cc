#include "backend/types/list_node.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "backend/engine/allocation.h"
#include "backend/engine/entry.h"

namespace slotway::backend {

namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kBytesOfCountedNodes = 8 * kKiB;
constexpr int64_t kSmallestSetting = -5;  // 64 KiB
constexpr int64_t kLargestSetting = 32767;

}  // namespace

NodeLimit NodeLimit::of(int64_t setting, uint64_t plain_from) {
  setting = std::clamp(setting, kSmallestSetting, kLargestSetting);
  const size_t node = setting < 0 ? (2 * kKiB) << -setting : kBytesOfCountedNodes;
  return {.pack_bytes = node - sizeof(ListNode),
          .elements = setting < 0 ? SIZE_MAX : std::max<size_t>(static_cast<size_t>(setting), 1),
          .plain_from = plain_from == 0 ? SIZE_MAX : plain_from};
}

ListNode* ListNode::allocate(size_t bytes) {
  return new (backend::allocate(bytes)) ListNode;
}

ListNode* ListNode::make_pack(size_t size) {
  const size_t bytes = allocation_size(sizeof(ListNode) + size);
  ListNode* const node = allocate(bytes);
  node->room_ = static_cast<uint16_t>(bytes - sizeof(ListNode));
  listpack::make_empty(node->pack());
  return node;
}

ListNode* ListNode::make_pack(std::string_view pack, size_t size) {
  ListNode* const node = make_pack(size);
  std::memcpy(node->pack(), pack.data(), pack.size());
  return node;
}

ListNode* ListNode::make_plain(std::string_view text) {
  const size_t size = text.size();
  ListNode* const node = allocate(allocation_size(sizeof(ListNode) + sizeof size + size));
  std::memcpy(node->body(), &size, sizeof size);
  if (size > 0) std::memcpy(node->body() + sizeof size, text.data(), size);
  return node;
}

void ListNode::release(ListNode* node) { std::free(node); }

ListNode* ListNode::copy() const {
  return is_plain() ? make_plain(plain()) : make_pack({pack(), pack_size()}, pack_size());
}

std::string_view ListNode::plain() const {
  size_t size;
  std::memcpy(&size, body(), sizeof size);
  return {body() + sizeof size, size};
}

size_t ListNode::allocated() const {
  if (!is_plain()) return sizeof(ListNode) + room_;
  return allocation_size(sizeof(ListNode) + sizeof(size_t) + plain().size());
}

void ListNode::place(ListEnd room_at, size_t size) {
  const size_t begin = room_at == ListEnd::kHead ? room_ - size : 0;
  std::memmove(body() + begin, pack(), size);
  begin_ = static_cast<uint16_t>(begin);
}

ListNode* ListNode::moved(size_t size, ListEnd room_at) const {
  ListNode* const fresh = make_pack({pack(), pack_size()}, size);
  if (room_at == ListEnd::kHead) fresh->place(room_at, pack_size());
  fresh->previous = previous;
  fresh->next = next;
  return fresh;
}

ListNode* ListNode::reserve(ListNode* node, ListEnd end, size_t bytes) {
  if (node->has_room(end, bytes)) return node;
  const size_t size = node->pack_size();
  if (size + bytes <= node->room_) {
    node->place(end, size);
    return node;
  }
  ListNode* const fresh = node->moved(size + bytes, end);
  release(node);
  return fresh;
}

ListNode* ListNode::shrink(ListNode* node) {
  const size_t size = node->pack_size();
  const size_t bytes = sizeof(ListNode) + size;
  if (node->allocated() <= 2 * bytes || node->allocated() <= 2 * allocation_size(bytes)) {
    return node;
  }
  ListNode* const fresh = node->moved(size, ListEnd::kTail);
  release(node);
  return fresh;
}

void ListNode::prepend(const listpack::Value& value) {
  const size_t size = pack_size();
  char* const old_pack = pack();
  begin_ = static_cast<uint16_t>(begin_ - value.size());
  std::memmove(pack(), old_pack, listpack::kHeaderSize);
  value.write(pack() + listpack::kHeaderSize);
  listpack::note_change(pack(), size + value.size(), 1);
}

void ListNode::drop_front(size_t elements, size_t bytes) {
  const size_t size = pack_size();
  char* const old_pack = pack();
  begin_ = static_cast<uint16_t>(begin_ + bytes);
  std::memmove(pack(), old_pack, listpack::kHeaderSize);
  listpack::note_change(pack(), size - bytes, -static_cast<int64_t>(elements));
}

}  // namespace slotway::backend
