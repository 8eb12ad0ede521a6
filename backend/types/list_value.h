// List values: a small list is one listpack in its entry (Encoding::kListpack), a larger one a
// chain of nodes (kQuicklist). These two classes are a list whichever it is.
//
// A list has an element at least: whoever takes the last one out removes the key. One engine
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "backend/engine/database.h"
#include "backend/types/list_nodes.h"

namespace slotway::backend {

// Reads a list; good until the entry changes.
class ListReader {
 public:
  // Where an element is. The node is null in a small list.
  using Position = ListNodes::Position;

  explicit ListReader(const Entry* entry);

  uint64_t size() const { return nodes_ ? nodes_->size() : listpack::count(pack_); }
  // The element number `index`, from the end if it is negative; nothing if there is none.
  std::optional<Position> seek(int64_t index) const;
  // Go one element on or back; false, and the position is good no more, at the end.
  bool advance(Position& position) const;
  bool retreat(Position& position) const;

  // The element: good until the list or `text` changes.
  std::string_view get(Position position, listpack::ElementText& text) const;
  // Whether it is `value`, which is made of `text`.
  bool equals(Position position, std::string_view text, const listpack::Value& value) const;

 private:
  const char* pack(const ListNode* node) const { return node ? node->pack() : pack_; }

  const ListNodes* nodes_ = nullptr;
  const char* pack_ = nullptr;  // of a small list
};

// A new entry for a list of these elements, each pushed to that end. There is one at least.
Entry* make_list(std::string_view key, ListEnd end, std::span<const std::string_view> texts,
                 const NodeLimit& limit);

// Changes a list in place: a view of one found cell, good until something else changes the
// database. What is passed to its functions must not lie in the list; each ends the life of all
// positions.
class ListValue {
 public:
  // `cell` is what the database has found for the key; all four must outlive this.
  ListValue(Database& database, const Key& key, Cell& cell, const NodeLimit& limit)
      : database_(database), key_(key), cell_(cell), limit_(limit) {}

  ListReader reader() const { return ListReader(cell_.entry()); }
  uint64_t size() const { return reader().size(); }

  void push(ListEnd end, std::span<const std::string_view> texts);
  void pop(ListEnd end);
  // Puts an element in front of the one at `position`, or behind it.
  void insert(ListReader::Position position, bool behind, std::string_view text);
  void assign(ListReader::Position position, std::string_view text);
  // Takes `count` elements from number `first` on out; there are as many.
  void erase(uint64_t first, uint64_t count);
  // Takes elements that are `text` out, those next to `from` first, at most `most`. Returns how
  // many.
  uint64_t remove(std::string_view text, uint64_t most, ListEnd from);

 private:
  bool is_small() const { return cell_.entry()->encoding() == Encoding::kListpack; }
  // Calls change(ListNodes&) and tells the database how the memory has grown.
  template <typename Change>
  void change_nodes(Change&& change);
  // Makes nodes of a listpack. Returns the position's in them.
  ListReader::Position enlarge(ListReader::Position position);
  void enlarge();

  Database& database_;
  const Key& key_;
  Cell& cell_;
  const NodeLimit& limit_;
};

}  // namespace slotway::backend
