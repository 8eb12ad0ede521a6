#include "backend/types/set_value.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "backend/types/pack_buffer.h"
#include "wire/number.h"

namespace slotway::backend {

namespace {

constexpr uint64_t kListpackMembers = 128;
constexpr size_t kListpackBytes = 64;  // of one member

// As in Redis: so that the header can count them, with something to spare.
uint64_t most_in_intset(const Settings& settings) {
  return std::min<uint64_t>(settings.set_intset_entries, 1 << 30);
}

bool fits_listpack(uint64_t members, std::string_view longest) {
  return members <= kListpackMembers && longest.size() <= kListpackBytes;
}

Entry* make_intset(std::string_view key, std::span<const int64_t> sorted, int64_t expiry_ms) {
  Entry* const entry =
      make_packed(key, Type::kSet, Encoding::kIntset, intset::size_for(sorted), expiry_ms);
  intset::make(packed_data(entry), sorted);
  return entry;
}

Entry* make_table(std::string_view key, PackedTable* table, int64_t expiry_ms) {
  return Entry::make_reference(key, Type::kSet, Encoding::kHashtable, {table, 0}, expiry_ms);
}

}  // namespace

std::string_view number_text(int64_t number, MemberText& text) {
  char* const end = std::to_chars(text.digits, text.digits + sizeof text.digits, number).ptr;
  return {text.digits, static_cast<size_t>(end - text.digits)};
}

// ---- SetView

uint64_t SetView::size() const {
  switch (entry_->encoding()) {
    case Encoding::kIntset:
      return intset::count(bytes());
    case Encoding::kListpack:
      return listpack::count(bytes());
    default:
      return table().size();
  }
}

bool SetView::contains(std::string_view member) const {
  switch (entry_->encoding()) {
    case Encoding::kIntset: {
      const auto number = wire::parse_integer(member);
      return number && intset::contains(bytes(), *number);
    }
    case Encoding::kListpack: {
      const char* const pack = bytes();
      return listpack::find(pack, listpack::first(pack), listpack::Value(member)) <
             listpack::end(pack);
    }
    default:
      return table().contains(member);
  }
}

// ---- SetEditor

Cell* SetEditor::cell() {
  if (std::exchange(is_new_, false)) cell_ = database_.find(key_);
  return cell_;
}

bool SetEditor::add(std::string_view member) {
  if (!cell()) {
    create(member);
    return true;
  }
  switch (cell_->entry()->encoding()) {
    case Encoding::kIntset:
      return add_to_intset(member);
    case Encoding::kListpack:
      return add_to_listpack(member);
    default:
      return add_to_table(member);
  }
}

void SetEditor::create(std::string_view member) {
  const auto number = wire::parse_integer(member);
  Entry* entry;
  if (number && most_in_intset(settings_) > 0) {
    entry = make_intset(key_.bytes, {&*number, 1}, Entry::kNoExpiry);
  } else if (fits_listpack(1, member)) {
    PackBuffer pack;
    listpack::append(pack, listpack::Value(member));
    entry = pack.make_entry(key_.bytes, Type::kSet, Entry::kNoExpiry);
  } else {
    auto* const table = new PackedTable(PackedTable::Kind::kKeys);
    table->insert(member);
    entry = make_table(key_.bytes, table, Entry::kNoExpiry);
  }
  database_.put(key_, nullptr, entry);
  is_new_ = true;
}

bool SetEditor::add_to_intset(std::string_view member) {
  const auto number = wire::parse_integer(member);
  PackedValue value(database_, key_, *cell_);
  if (number && intset::contains(value.data(), *number)) return false;
  if (number && intset::count(value.data()) < most_in_intset(settings_)) {
    return intset::insert(value, *number);
  }
  convert(member);
  return add(member);
}

bool SetEditor::add_to_listpack(std::string_view member) {
  const listpack::Value element(member);
  PackedValue value(database_, key_, *cell_);
  const char* const pack = value.data();
  if (listpack::find(pack, listpack::first(pack), element) < listpack::end(pack)) return false;
  if (fits_listpack(listpack::count(pack) + 1, member)) {
    listpack::append(value, element);
    return true;
  }
  convert(member);
  return add(member);
}

bool SetEditor::add_to_table(std::string_view member) {
  PackedTable& table = packed_table(cell_->entry());
  const size_t before = table.memory();
  const bool is_new = table.insert(member);
  database_.value_grew(key_, before, table.memory());
  return is_new;
}

void SetEditor::convert(std::string_view member) {
  Entry* const old = cell_->entry();
  const SetView view(old);
  Entry* fresh;
  if (old->encoding() == Encoding::kIntset && fits_listpack(view.size() + 1, member)) {
    PackBuffer pack;
    view.for_each([&](std::string_view each) { listpack::append(pack, listpack::Value(each)); });
    fresh = pack.make_entry(key_.bytes, Type::kSet, old->expiry_ms());
  } else {
    auto* const table = new PackedTable(PackedTable::Kind::kKeys);
    view.for_each([&](std::string_view each) { table->insert(each); });
    fresh = make_table(key_.bytes, table, old->expiry_ms());
  }
  database_.put(key_, cell_, fresh);
}

bool SetEditor::remove(std::string_view member) {
  if (!cell()) return false;
  switch (cell_->entry()->encoding()) {
    case Encoding::kIntset: {
      const auto number = wire::parse_integer(member);
      PackedValue value(database_, key_, *cell_);
      return number && intset::erase(value, *number);
    }
    case Encoding::kListpack: {
      PackedValue value(database_, key_, *cell_);
      const char* const pack = value.data();
      const size_t at = listpack::find(pack, listpack::first(pack), listpack::Value(member));
      if (at == listpack::end(pack)) return false;
      listpack::erase(value, at, 1);
      return true;
    }
    default: {
      PackedTable& table = packed_table(cell_->entry());
      const size_t before = table.memory();
      const bool was_there = table.erase(member);
      database_.value_grew(key_, before, table.memory());
      return was_there;
    }
  }
}

bool SetEditor::remove_if_empty() {
  if (!cell() || SetView(cell_->entry()).size() > 0) return false;
  database_.remove(key_, *std::exchange(cell_, nullptr));
  return true;
}

// ---- SetBuilder

bool SetBuilder::add(std::string_view member) {
  if (!table_->insert(member)) return false;
  most_ = std::max(most_, table_->size());
  only_numbers_ = only_numbers_ && wire::parse_integer(member);
  return true;
}

Entry* SetBuilder::finish(std::string_view key, const Settings& settings) {
  if (only_numbers_ && most_ <= most_in_intset(settings)) {
    std::vector<int64_t> numbers;
    for_each([&](std::string_view member) { numbers.push_back(*wire::parse_integer(member)); });
    std::sort(numbers.begin(), numbers.end());
    return make_intset(key, numbers, Entry::kNoExpiry);
  }
  if (table_->size() <= kListpackMembers) {
    PackBuffer pack;
    bool fits = true;
    table_->for_each([&](PackedTable::Element element) {
      fits = fits_listpack(1, element.key);
      if (fits) listpack::append(pack, listpack::Value(element.key));
      return fits;
    });
    if (fits) return pack.make_entry(key, Type::kSet, Entry::kNoExpiry);
  }
  return make_table(key, std::exchange(table_, nullptr), Entry::kNoExpiry);
}

}  // namespace slotway::backend
