#include "backend/types/list_value.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "backend/engine/value_operations.h"
#include "backend/types/packed_value.h"

namespace slotway::backend {

namespace {

ListNodes* nodes_of(Entry::Reference value) { return static_cast<ListNodes*>(value.object); }

// Whether a small list may have so many bytes and elements.
bool is_small_enough(size_t bytes, size_t count, const NodeLimit& limit) {
  return bytes <= Entry::kMaxInline && limit.accepts(bytes, count);
}

// The elements as a listpack has them, in its order; empty if one of them cannot be there, or if
// there would be more than kMaxInline bytes.
class Values {
 public:
  Values(ListEnd end, std::span<const std::string_view> texts, const NodeLimit& limit) {
    if (texts.size() == 1) {
      only_.emplace(texts[0]);
      values_ = {&*only_, 1};
    } else if (texts.size() <= Entry::kMaxInline) {
      several_.reserve(texts.size());
      for (const std::string_view text : texts) several_.emplace_back(text);
      if (end == ListEnd::kHead) std::reverse(several_.begin(), several_.end());
      values_ = several_;
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      size_ += values_[i].size();
      const std::string_view text = texts[end == ListEnd::kHead ? values_.size() - 1 - i : i];
      if (!limit.is_plain(text, values_[i])) continue;
      values_ = {};
      break;
    }
  }

  std::span<const listpack::Value> all() const { return values_; }
  size_t size() const { return size_; }  // bytes

 private:
  std::optional<listpack::Value> only_;
  std::vector<listpack::Value> several_;
  std::span<const listpack::Value> values_;
  size_t size_ = 0;
};

// ---- operations of the engine

void destroy(Entry::Reference value) { delete nodes_of(value); }
size_t effort(Entry::Reference value) { return nodes_of(value)->node_count(); }
Entry::Reference copy(Entry::Reference value) { return {nodes_of(value)->copy(), value.size}; }
size_t memory(Entry::Reference value) { return nodes_of(value)->memory(); }

uint64_t relocate(Entry::Reference& value, uint64_t position, Relocation& relocation) {
  ListNodes* nodes = nodes_of(value);
  if (position == 0 && relocation.move_object(nodes)) value.object = nodes;
  return nodes->relocate(position == 0, relocation) ? 1 : 0;
}

}  // namespace

extern const ValueOperations kListOperations;
const ValueOperations kListOperations = {
    .destroy = &destroy,
    .effort = &effort,
    .destroy_part = &dismantle_and_delete<ListNodes>,
    .copy = &copy,
    .memory = &memory,
    .relocate = &relocate,
};

// ---- reading

ListReader::ListReader(const Entry* entry) {
  if (entry->encoding() == Encoding::kListpack) {
    pack_ = packed_bytes(entry).data();
  } else {
    nodes_ = nodes_of(entry->reference());
  }
}

std::optional<ListReader::Position> ListReader::seek(int64_t index) const {
  const auto count = static_cast<int64_t>(size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return std::nullopt;
  if (nodes_) return nodes_->seek(static_cast<uint64_t>(index));
  return Position{nullptr, listpack::seek(pack_, index)};
}

bool ListReader::advance(Position& position) const {
  if (!position.node || !position.node->is_plain()) {
    const char* const bytes = pack(position.node);
    position.at = listpack::next(bytes, position.at);
    if (position.at < listpack::end(bytes)) return true;
  }
  position.node = position.node ? position.node->next : nullptr;
  if (!position.node) return false;
  position.at = position.node->is_plain() ? 0 : listpack::first(position.node->pack());
  return true;
}

bool ListReader::retreat(Position& position) const {
  if (!position.node || !position.node->is_plain()) {
    const char* const bytes = pack(position.node);
    if (position.at > listpack::first(bytes)) {
      position.at = listpack::previous(bytes, position.at);
      return true;
    }
  }
  position.node = position.node ? position.node->previous : nullptr;
  if (!position.node) return false;
  if (position.node->is_plain()) {
    position.at = 0;
  } else {
    const char* const bytes = position.node->pack();
    position.at = listpack::previous(bytes, listpack::end(bytes));
  }
  return true;
}

std::string_view ListReader::get(Position position, listpack::ElementText& text) const {
  if (position.node && position.node->is_plain()) [[unlikely]]
    return position.node->plain();
  return listpack::get(pack(position.node), position.at, text);
}

bool ListReader::equals(Position position, std::string_view text,
                        const listpack::Value& value) const {
  if (position.node && position.node->is_plain()) return position.node->plain() == text;
  return value.is_at(pack(position.node), position.at);
}

// ---- making

Entry* make_list(std::string_view key, ListEnd end, std::span<const std::string_view> texts,
                 const NodeLimit& limit) {
  const Values values(end, texts, limit);
  const size_t bytes = listpack::kEmptySize + values.size();
  if (!values.all().empty() && is_small_enough(bytes, texts.size(), limit)) {
    Entry* const entry =
        make_packed(key, Type::kList, Encoding::kListpack, bytes, Entry::kNoExpiry);
    char* const pack = packed_data(entry);
    listpack::make_empty(pack);
    size_t at = listpack::first(pack);
    pack[bytes - 1] = pack[at];
    for (const listpack::Value& value : values.all()) {
      value.write(pack + at);
      at += value.size();
    }
    listpack::note_change(pack, bytes, static_cast<int64_t>(texts.size()));
    return entry;
  }
  auto nodes = std::make_unique<ListNodes>();
  for (const std::string_view text : texts) nodes->push(end, text, limit);
  return Entry::make_reference(key, Type::kList, Encoding::kQuicklist, {nodes.release(), 0},
                               Entry::kNoExpiry);
}

// ---- changing

template <typename Change>
void ListValue::change_nodes(Change&& change) {
  ListNodes& nodes = *nodes_of(cell_.entry()->reference());
  const size_t before = nodes.memory();
  change(nodes);
  database_.value_grew(key_, before, nodes.memory());
}

void ListValue::enlarge() {
  Entry* const old = cell_.entry();
  auto nodes = std::make_unique<ListNodes>();
  nodes->append_pack(packed_bytes(old), limit_);
  database_.put(key_, &cell_,
                Entry::make_reference(old->key(), Type::kList, Encoding::kQuicklist,
                                      {nodes.release(), 0}, old->expiry_ms()));
}

ListReader::Position ListValue::enlarge(ListReader::Position position) {
  const char* const pack = packed_bytes(cell_.entry()).data();
  uint64_t index = 0;
  for (size_t at = listpack::first(pack); at < position.at; at = listpack::next(pack, at)) ++index;
  enlarge();
  return nodes_of(cell_.entry()->reference())->seek(index);
}

void ListValue::push(ListEnd end, std::span<const std::string_view> texts) {
  if (is_small()) {
    const Values values(end, texts, limit_);
    PackedValue pack(database_, key_, cell_);
    const size_t bytes = pack.size() + values.size();
    const size_t count = listpack::count(pack.data()) + texts.size();
    if (!values.all().empty() && is_small_enough(bytes, count, limit_)) {
      const size_t at = end == ListEnd::kHead ? listpack::kHeaderSize : pack.size() - 1;
      listpack::replace(pack, at, 0, 0, values.all().data(), texts.size());
      return;
    }
    enlarge();
  }
  change_nodes([&](ListNodes& nodes) {
    for (const std::string_view text : texts) nodes.push(end, text, limit_);
  });
}

void ListValue::pop(ListEnd end) {
  if (!is_small()) return change_nodes([&](ListNodes& nodes) { nodes.pop(end); });
  PackedValue pack(database_, key_, cell_);
  const char* const bytes = pack.data();
  listpack::erase(pack,
                  end == ListEnd::kHead ? listpack::first(bytes)
                                        : listpack::previous(bytes, listpack::end(bytes)),
                  1);
}

void ListValue::insert(ListReader::Position position, bool behind, std::string_view text) {
  if (is_small()) {
    const listpack::Value value(text);
    PackedValue pack(database_, key_, cell_);
    if (!limit_.is_plain(text, value) &&
        is_small_enough(pack.size() + value.size(), listpack::count(pack.data()) + 1, limit_)) {
      const size_t at = behind ? listpack::next(pack.data(), position.at) : position.at;
      listpack::insert(pack, at, value);
      return;
    }
    position = enlarge(position);
  }
  change_nodes([&](ListNodes& nodes) { nodes.insert(position, behind, text, limit_); });
}

void ListValue::assign(ListReader::Position position, std::string_view text) {
  if (is_small()) {
    const listpack::Value value(text);
    PackedValue pack(database_, key_, cell_);
    const size_t rest = pack.size() - listpack::element_size(pack.data(), position.at);
    if (!limit_.is_plain(text, value) &&
        is_small_enough(rest + value.size(), listpack::count(pack.data()), limit_)) {
      listpack::assign(pack, position.at, value);
      return;
    }
    position = enlarge(position);
  }
  change_nodes([&](ListNodes& nodes) { nodes.assign(position, text, limit_); });
}

void ListValue::erase(uint64_t first, uint64_t count) {
  if (!is_small()) {
    return change_nodes([&](ListNodes& nodes) { nodes.erase(first, count, limit_); });
  }
  PackedValue pack(database_, key_, cell_);
  listpack::erase(pack, listpack::seek(pack.data(), static_cast<int64_t>(first)), count);
}

uint64_t ListValue::remove(std::string_view text, uint64_t most, ListEnd from) {
  if (!is_small()) {
    uint64_t removed = 0;
    change_nodes([&](ListNodes& nodes) { removed = nodes.remove(text, most, from, limit_); });
    return removed;
  }
  const listpack::Value value(text);
  PackedValue pack(database_, key_, cell_);
  return remove_from_pack(pack, value, most, from);
}

}  // namespace slotway::backend
