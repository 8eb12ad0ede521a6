#include "backend/types/hash_value.h"

#include <memory>
#include <utility>

#include "backend/types/pack_buffer.h"

namespace slotway::backend {

namespace {

constexpr size_t kLongestListpack = 1 << 30;  // bytes

Entry* make_table(std::string_view key, PackedTable* table, int64_t expiry_ms) {
  return Entry::make_reference(key, Type::kHash, Encoding::kHashtable, {table, 0}, expiry_ms);
}

// Where the field is in the listpack, or its end.
size_t find_field(const char* pack, const listpack::Value& field) {
  return listpack::find(pack, listpack::first(pack), field, 1);
}

// Whether the field is new.
template <typename Storage>
bool set_in(Storage& storage, std::string_view field, std::string_view value) {
  const listpack::Value pair[] = {listpack::Value(field), listpack::Value(value)};
  const size_t at = find_field(storage.data(), pair[0]);
  if (at < listpack::end(storage.data())) {
    listpack::assign(storage, listpack::next(storage.data(), at), pair[1]);
    return false;
  }
  listpack::replace(storage, at, 0, 0, pair, 2);
  return true;
}

}  // namespace

// ---- HashView

uint64_t HashView::size() const {
  return is_listpack() ? listpack::count(pack()) / 2 : table().size();
}

std::optional<std::string_view> HashView::find(std::string_view field,
                                               listpack::ElementText& text) const {
  if (!is_listpack()) {
    const auto element = table().find(field);
    return element ? std::optional(element->value) : std::nullopt;
  }
  const char* const bytes = pack();
  const size_t at = find_field(bytes, listpack::Value(field));
  if (at == listpack::end(bytes)) return std::nullopt;
  return listpack::get(bytes, listpack::next(bytes, at), text);
}

// ---- HashEditor

bool HashEditor::fits_listpack(std::span<const std::string_view> texts) const {
  size_t all = 0;
  for (const std::string_view text : texts) {
    if (text.size() > settings_.hash_listpack_value) return false;
    all += text.size();
  }
  const size_t before = cell_ ? packed_bytes(cell_->entry()).size() : 0;
  return before + all <= kLongestListpack;
}

bool HashEditor::set(std::string_view field, std::string_view value) {
  const std::string_view pair[] = {field, value};
  if (!cell_) return create(pair) == 1;
  Entry* const entry = cell_->entry();
  if (entry->encoding() == Encoding::kListpack) {
    const uint64_t fields = HashView(entry).size();
    listpack::ElementText text;
    const bool has_room =
        fields < settings_.hash_listpack_entries || (fields == settings_.hash_listpack_entries &&
                                                     HashView(entry).find(field, text).has_value());
    if (has_room && fits_listpack(pair)) {
      PackedValue storage(database_, key_, *cell_);
      return set_in(storage, field, value);
    }
    convert();
  }
  PackedTable& table = packed_table(cell_->entry());
  const size_t before = table.memory();
  const bool is_new = table.assign(field, value);
  database_.value_grew(key_, before, table.memory());
  return is_new;
}

uint64_t HashEditor::set_all(std::span<const std::string_view> pairs) {
  if (!cell_) return create(pairs);
  uint64_t created = 0;
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) created += set(pairs[i], pairs[i + 1]);
  return created;
}

uint64_t HashEditor::create(std::span<const std::string_view> pairs) {
  const auto store_all = [&](auto&& set_one) {
    uint64_t created = 0;
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) created += set_one(pairs[i], pairs[i + 1]);
    return created;
  };
  bool is_small = fits_listpack(pairs);
  std::unique_ptr<PackedTable> table;
  if (!is_small || pairs.size() / 2 > settings_.hash_listpack_entries) {
    table = std::make_unique<PackedTable>(PackedTable::Kind::kPairs);
    store_all([&](std::string_view field, std::string_view value) {
      return table->assign(field, value);
    });
    // The same field may be among them often.
    is_small = is_small && table->size() <= settings_.hash_listpack_entries;
  }
  uint64_t created;
  Entry* entry;
  if (is_small) {
    PackBuffer pack;
    created = store_all(
        [&](std::string_view field, std::string_view value) { return set_in(pack, field, value); });
    entry = pack.make_entry(key_.bytes, Type::kHash, Entry::kNoExpiry);
  } else {
    created = table->size();
    entry = make_table(key_.bytes, table.release(), Entry::kNoExpiry);
  }
  database_.put(key_, nullptr, entry);
  cell_ = database_.find(key_);
  return created;
}

void HashEditor::convert() {
  Entry* const old = cell_->entry();
  auto* const table = new PackedTable(PackedTable::Kind::kPairs);
  HashView(old).for_each([&](HashView::Field field) { table->insert(field.name, field.value); });
  database_.put(key_, cell_, make_table(key_.bytes, table, old->expiry_ms()));
}

bool HashEditor::remove(std::string_view field) {
  if (!cell_) return false;
  if (cell_->entry()->encoding() == Encoding::kListpack) {
    PackedValue storage(database_, key_, *cell_);
    const size_t at = find_field(storage.data(), listpack::Value(field));
    if (at == listpack::end(storage.data())) return false;
    listpack::erase(storage, at, 2);
    return true;
  }
  PackedTable& table = packed_table(cell_->entry());
  const size_t before = table.memory();
  const bool was_there = table.erase(field);
  database_.value_grew(key_, before, table.memory());
  return was_there;
}

bool HashEditor::remove_if_empty() {
  if (!cell_ || HashView(cell_->entry()).size() > 0) return false;
  database_.remove(key_, *std::exchange(cell_, nullptr));
  return true;
}

}  // namespace slotway::backend
