// ListNode: one link of a large list: a listpack with room on both sides, so that either end of a
// list is pushed to and popped from without moving the rest; or one long element as plain bytes.
//
//   header (24 bytes) | room | listpack | room
//   header (24 bytes) | size (8) | the one element
//
// One allocation. A node belongs to the one list that it is linked into; what is said to return a
// node may have made another one of the same links and contents, in place of the old one, which is
// gone. One engine thread; a list that nobody else refers to may be destroyed on any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/types/listpack.h"

namespace slotway::backend {

enum class ListEnd : uint8_t { kHead, kTail };

// How much goes into one node.
struct NodeLimit {
  size_t pack_bytes;  // of the listpack; the node as a whole takes a round number, 64 KiB at most
  size_t elements;
  size_t plain_from;  // bytes: so long an element never shares a node

  // `setting` is list-max-listpack-size; `plain_from` of 0 leaves it to the size of a node.
  static NodeLimit of(int64_t setting, uint64_t plain_from);

  bool is_plain(std::string_view text, const listpack::Value& value) const {
    return text.size() >= plain_from || listpack::kEmptySize + value.size() > pack_bytes;
  }
  bool accepts(size_t bytes, size_t count) const {
    return bytes <= pack_bytes && count <= elements;
  }
};

class ListNode {
 public:
  ListNode* previous = nullptr;
  ListNode* next = nullptr;

  // An empty listpack with room for one of `size` bytes in all.
  static ListNode* make_pack(size_t size);
  // The same with a copy of a listpack in it.
  static ListNode* make_pack(std::string_view pack, size_t size);
  static ListNode* make_plain(std::string_view text);
  static void release(ListNode* node);
  ListNode* copy() const;

  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool is_plain() const { return room_ == kPlain; }
  // Requires is_plain().
  std::string_view plain() const;
  // The listpack. Requires !is_plain().
  const char* pack() const { return body() + begin_; }
  char* pack() { return body() + begin_; }
  size_t pack_size() const { return listpack::total_size(pack()); }

  size_t count() const { return is_plain() ? 1 : listpack::count(pack()); }
  // Bytes of the allocation.
  size_t allocated() const;

  // The rest requires !is_plain().
  bool has_room(ListEnd end, size_t bytes) const {
    return (end == ListEnd::kHead ? begin_ : room_ - begin_ - pack_size()) >= bytes;
  }
  // The node with room for `bytes` more at that end.
  static ListNode* reserve(ListNode* node, ListEnd end, size_t bytes);
  // The node, in a smaller allocation if more than half of it is unused.
  static ListNode* shrink(ListNode* node);

  // Requires the room for it at the head.
  void prepend(const listpack::Value& value);
  // Takes the first `elements` elements, of `bytes` bytes, out.
  void drop_front(size_t elements, size_t bytes);

 private:
  static constexpr uint16_t kPlain = 0;

  ListNode() = default;
  static ListNode* allocate(size_t bytes);
  // A copy of a listpack, with its links, in an allocation for one of `size` bytes.
  ListNode* moved(size_t size, ListEnd room_at) const;
  // Moves the listpack of `size` bytes so that all room is at that end.
  void place(ListEnd room_at, size_t size);
  char* body() { return reinterpret_cast<char*>(this + 1); }
  const char* body() const { return reinterpret_cast<const char*>(this + 1); }

  uint16_t room_ = kPlain;  // bytes behind the header
  uint16_t begin_ = 0;      // of the listpack
};

static_assert(sizeof(ListNode) == 24);

// Takes elements that are `value` out of a listpack, those next to `from` first, at most `most`.
// Returns how many. Storage: see listpack.h.
template <typename Storage>
uint64_t remove_from_pack(Storage& storage, const listpack::Value& value, uint64_t most,
                          ListEnd from) {
  const bool forward = from == ListEnd::kHead;
  uint64_t removed = 0;
  size_t at = forward ? listpack::first(storage.data()) : listpack::end(storage.data());
  while (removed < most) {
    const char* const pack = storage.data();
    if (forward) {
      at = listpack::find(pack, at, value);
      if (at == listpack::end(pack)) break;
    } else {
      if (at == listpack::first(pack)) break;
      at = listpack::previous(pack, at);
      if (!value.is_at(pack, at)) continue;
    }
    listpack::erase(storage, at, 1);
    ++removed;
  }
  return removed;
}

}  // namespace slotway::backend
