// ListNodes: a large list, a chain of nodes (list_node.h) linked both ways.
//
// An element goes into the node where it belongs or, at the edge of a full one, into its neighbour;
// a full node is split where something goes into its middle. Nodes that have become small by a
// removal or a split are merged. Between the ends, finding a position takes time by the number of
// nodes. Belongs to one entry. One engine thread; a list that nobody else refers to may be
// destroyed on any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backend/engine/relocation.h"
#include "backend/types/list_node.h"

namespace slotway::backend {

class ListNodes {
 public:
  // Where an element is: its offset in the listpack, 0 in a plain node.
  struct Position {
    ListNode* node;
    size_t at;
  };

  ListNodes() = default;
  ListNodes(const ListNodes&) = delete;
  ListNodes& operator=(const ListNodes&) = delete;
  ~ListNodes();
  // Gives some nodes back; false if none was left. From then on the list is good for nothing but
  // more of this.
  bool dismantle();
  // Moves some nodes, from the first one on or from where the last call has stopped; false at the
  // end. The object itself stays.
  bool relocate(bool anew, Relocation& relocation);
  // An independent copy, the caller's.
  ListNodes* copy() const;

  uint64_t size() const { return size_; }
  uint64_t node_count() const { return node_count_; }
  // Bytes allocated, those of the object itself included.
  size_t memory() const;

  // The nodes in order; null if there is none.
  ListNode* head() const { return head_; }
  ListNode* tail() const { return tail_; }
  // Requires index < size().
  Position seek(uint64_t index) const;

  // What is passed to the functions that change the list must not lie in it. They end the life of
  // all positions.

  void push(ListEnd end, std::string_view text, const NodeLimit& limit);
  // Puts the elements of a listpack behind the last one.
  void append_pack(std::string_view pack, const NodeLimit& limit);
  // Requires size() > 0.
  void pop(ListEnd end);
  // Puts an element in front of the one at `position`, or behind it.
  void insert(Position position, bool behind, std::string_view text, const NodeLimit& limit);
  void assign(Position position, std::string_view text, const NodeLimit& limit);
  // Takes `count` elements from number `first` on out; there are as many.
  void erase(uint64_t first, uint64_t count, const NodeLimit& limit);
  // Takes elements that are `text` out, those next to `from` first, at most `most`. Returns how
  // many.
  uint64_t remove(std::string_view text, uint64_t most, ListEnd from, const NodeLimit& limit);

 private:
  struct Place {
    ListNode* node;
    uint64_t index;  // in the node
  };
  struct Pack;  // a node's listpack as a Storage

  Place find(uint64_t index) const;

  void link_behind(ListNode* left, ListNode* node);
  void unlink(ListNode* node);
  // `fresh` is `old` at another address, where `old` had so many bytes.
  ListNode* adopt(ListNode* old, size_t old_bytes, ListNode* fresh);
  ListNode* reserve(ListNode* node, ListEnd end, size_t bytes);
  ListNode* shrink(ListNode* node);

  // Inserts between `left` and the node behind it; null: in front of all.
  void insert_behind(ListNode* left, std::string_view text, const NodeLimit& limit);
  void insert_at(ListNode* node, size_t at, std::string_view text, const NodeLimit& limit);
  // Moves what is from `at` on to a new node behind.
  ListNode* split(ListNode* node, size_t at);
  // Takes `count` elements out of a pack that has more.
  ListNode* erase_in(ListNode* node, size_t at, size_t count);
  uint64_t remove_in(ListNode*& node, std::string_view text, const listpack::Value& value,
                     uint64_t most, ListEnd from);
  // The node that `node`, which may be null, has become by taking in the one behind it, or by being
  // taken in by the one in front of it, if together they are well below the limit.
  ListNode* merge_behind(ListNode* node, const NodeLimit& limit);
  ListNode* merge_in_front(ListNode* node, const NodeLimit& limit);

  ListNode* head_ = nullptr;
  ListNode* tail_ = nullptr;
  uint64_t size_ = 0;
  uint64_t node_count_ = 0;
  size_t node_bytes_ = 0;
  ListNode* to_relocate_ = nullptr;  // where relocate() goes on; null: nowhere
};

}  // namespace slotway::backend
