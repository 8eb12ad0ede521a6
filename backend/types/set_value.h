// Set values: members whose order means nothing, made of
//   an intset        whole numbers alone, up to set-max-intset-entries of them,
//   a listpack       up to 128 members of up to 64 bytes, or
//   a packed table   otherwise.
// OBJECT ENCODING calls the last two by one name, as Redis 7.0 does. A set never goes back to an
// earlier form, and no key has an empty set. One engine thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "backend/engine/database.h"
#include "backend/settings.h"
#include "backend/types/intset.h"
#include "backend/types/listpack.h"
#include "backend/types/packed_table.h"
#include "backend/types/packed_value.h"

namespace slotway::backend {

// The text of a member that is kept as a number.
using MemberText = listpack::ElementText;

std::string_view number_text(int64_t number, MemberText& text);

// A set that is looked at; good until its entry changes.
class SetView {
 public:
  explicit SetView(const Entry* entry) : entry_(entry) {}

  const Entry* entry() const { return entry_; }
  uint64_t size() const;
  bool contains(std::string_view member) const;
  // Calls visit(std::string_view) for all members, each good during its call alone; stops when it
  // says false.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // Any member, each with the same probability; good until `text` goes. `random()` gives 64 random
  // bits.
  template <typename Random>
  std::string_view pick(Random&& random, MemberText& text) const;
  // As PackedTable::scan, for visit(std::string_view); small sets are shown whole.
  template <typename Visit>
  uint64_t scan(uint64_t position, Visit&& visit) const;

 private:
  const char* bytes() const { return packed_bytes(entry_).data(); }
  const PackedTable& table() const { return packed_table(entry_); }

  const Entry* entry_;
};

// A set that is changed, or made with its first member. Good until something else changes the
// database.
class SetEditor {
 public:
  // `cell` is what the database has found for the key, or null; all must outlive this.
  SetEditor(Database& database, const Key& key, Cell* cell, const Settings& settings)
      : database_(database), key_(key), cell_(cell), settings_(settings) {}

  // False if it is there already. The member must not lie in the set.
  bool add(std::string_view member);
  // False if it is not there. The set may be empty then: remove_if_empty() is to be called before
  // anything else.
  bool remove(std::string_view member);
  // Whether the set was empty: its key is gone.
  bool remove_if_empty();

 private:
  // Null before the first member.
  Cell* cell();
  void create(std::string_view member);
  bool add_to_intset(std::string_view member);
  bool add_to_listpack(std::string_view member);
  bool add_to_table(std::string_view member);
  // Makes something roomier of the set: a listpack that has room for `member`, or a table.
  void convert(std::string_view member);

  Database& database_;
  const Key& key_;
  Cell* cell_;
  const Settings& settings_;
  bool is_new_ = false;  // there is a cell now, not looked up yet
};

// A set that is put together before it gets a key.
class SetBuilder {
 public:
  SetBuilder() : table_(new PackedTable(PackedTable::Kind::kKeys)) {}
  SetBuilder(const SetBuilder&) = delete;
  SetBuilder& operator=(const SetBuilder&) = delete;
  ~SetBuilder() { delete table_; }

  bool add(std::string_view member);
  bool remove(std::string_view member) { return table_->erase(member); }
  uint64_t size() const { return table_->size(); }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    table_->for_each([&](PackedTable::Element element) { visit(element.key); });
  }

  // The set as an entry, once. Requires size() > 0.
  Entry* finish(std::string_view key, const Settings& settings);

 private:
  PackedTable* table_;
  // Of all members that were ever there: what a set cannot hold makes it another form for good.
  uint64_t most_ = 0;
  bool only_numbers_ = true;
};

template <typename Visit>
void SetView::for_each(Visit&& visit) const {
  const auto show = [&](std::string_view member) {
    if constexpr (std::is_void_v<decltype(visit(member))>) {
      visit(member);
      return true;
    } else {
      return visit(member);
    }
  };
  MemberText text;
  switch (entry_->encoding()) {
    case Encoding::kIntset:
      for (size_t i = 0; i < intset::count(bytes()); ++i) {
        if (!show(number_text(intset::at(bytes(), i), text))) return;
      }
      return;
    case Encoding::kListpack:
      for (size_t at = listpack::first(bytes()); at < listpack::end(bytes());
           at = listpack::next(bytes(), at)) {
        if (!show(listpack::get(bytes(), at, text))) return;
      }
      return;
    default:
      table().for_each([&](PackedTable::Element element) { return show(element.key); });
  }
}

template <typename Random>
std::string_view SetView::pick(Random&& random, MemberText& text) const {
  switch (entry_->encoding()) {
    case Encoding::kIntset:
      return number_text(intset::at(bytes(), random() % size()), text);
    case Encoding::kListpack: {
      const auto index = static_cast<int64_t>(random() % size());
      return listpack::get(bytes(), listpack::seek(bytes(), index), text);
    }
    default:
      return table().pick(random).key;
  }
}

template <typename Visit>
uint64_t SetView::scan(uint64_t position, Visit&& visit) const {
  if (entry_->encoding() == Encoding::kHashtable) {
    return table().scan(position, [&](PackedTable::Element element) { visit(element.key); });
  }
  for_each(visit);
  return 0;
}

}  // namespace slotway::backend
