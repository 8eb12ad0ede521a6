// Hash values: fields with a value each, made of
//   a listpack       field, value, field, value, in the order in which the fields came; up to
//                    hash-max-listpack-entries of them, each text up to hash-max-listpack-value
//   a packed table   otherwise.
// A hash never goes back to the listpack, and no key has an empty hash. One engine thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "backend/engine/database.h"
#include "backend/settings.h"
#include "backend/types/listpack.h"
#include "backend/types/packed_table.h"
#include "backend/types/packed_value.h"

namespace slotway::backend {

// The texts of a field and its value where they are kept as numbers.
struct FieldText {
  listpack::ElementText field;
  listpack::ElementText value;
};

// A hash that is looked at; good until its entry changes.
class HashView {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  explicit HashView(const Entry* entry) : entry_(entry) {}

  uint64_t size() const;
  // The value of a field; good until `text` goes.
  std::optional<std::string_view> find(std::string_view field, listpack::ElementText& text) const;
  // Calls visit(Field) for all fields, each good during its call alone; stops when it says false.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // Any field, each with the same probability; good until `text` goes. `random()` gives 64 random
  // bits.
  template <typename Random>
  Field pick(Random&& random, FieldText& text) const;
  // As PackedTable::scan, for visit(Field); small hashes are shown whole.
  template <typename Visit>
  uint64_t scan(uint64_t position, Visit&& visit) const;

 private:
  bool is_listpack() const { return entry_->encoding() == Encoding::kListpack; }
  const char* pack() const { return packed_bytes(entry_).data(); }
  const PackedTable& table() const { return packed_table(entry_); }
  static Field field_of(PackedTable::Element element) { return {element.key, element.value}; }
  Field field_at(size_t at, FieldText& text) const {
    return {listpack::get(pack(), at, text.field),
            listpack::get(pack(), listpack::next(pack(), at), text.value)};
  }

  const Entry* entry_;
};

// A hash that is changed, or made with its first field. Good until something else changes the
// database.
class HashEditor {
 public:
  // `cell` is what the database has found for the key, or null; all must outlive this.
  HashEditor(Database& database, const Key& key, Cell* cell, const Settings& settings)
      : database_(database), key_(key), cell_(cell), settings_(settings) {}

  // Gives a field a value; whether the field is new. The arguments must not lie in the hash.
  bool set(std::string_view field, std::string_view value);
  // The same for fields and values in turn; returns how many fields are new.
  uint64_t set_all(std::span<const std::string_view> pairs);
  // False if it is not there. The hash may be empty then: remove_if_empty() is to be called before
  // anything else.
  bool remove(std::string_view field);
  // Whether the hash was empty: its key is gone.
  bool remove_if_empty();

 private:
  bool fits_listpack(std::span<const std::string_view> texts) const;
  // Puts the pairs at the key, which is not there.
  uint64_t create(std::span<const std::string_view> pairs);
  void convert();

  Database& database_;
  const Key& key_;
  Cell* cell_;  // null before the first field
  const Settings& settings_;
};

template <typename Visit>
void HashView::for_each(Visit&& visit) const {
  const auto show = [&](Field field) {
    if constexpr (std::is_void_v<decltype(visit(field))>) {
      visit(field);
      return true;
    } else {
      return visit(field);
    }
  };
  if (!is_listpack()) {
    return table().for_each([&](PackedTable::Element element) { return show(field_of(element)); });
  }
  FieldText text;
  size_t at = listpack::first(pack());
  while (at < listpack::end(pack()) && show(field_at(at, text))) {
    at = listpack::next(pack(), listpack::next(pack(), at));
  }
}

template <typename Random>
HashView::Field HashView::pick(Random&& random, FieldText& text) const {
  if (!is_listpack()) return field_of(table().pick(random));
  const auto index = static_cast<int64_t>(random() % size()) * 2;
  return field_at(listpack::seek(pack(), index), text);
}

template <typename Visit>
uint64_t HashView::scan(uint64_t position, Visit&& visit) const {
  if (!is_listpack()) {
    return table().scan(position, [&](PackedTable::Element element) { visit(field_of(element)); });
  }
  for_each(visit);
  return 0;
}

}  // namespace slotway::backend
