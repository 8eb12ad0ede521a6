#include "backend/engine/defragmenter.h"

#include <new>

#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

constexpr size_t kLarge = 16 << 10;  // bytes of a value from which on it takes several steps
// Bytes of a key up to which its large value is looked up again at each of them.
constexpr size_t kLongestKey = 16 << 10;

}  // namespace

void Defragmenter::start() {
  is_running_ = true;
  database_ = 0;
  position_ = 0;
  large_.clear();
}

void Defragmenter::stop() { is_running_ = false; }

void Defragmenter::step() {
  relocation_.begin_step();
  if (!large_.empty()) return step_large();
  if (database_ == engine_.database_count()) return stop();
  position_ = engine_.database(database_).relocate(
      position_, relocation_, [this](Entry* entry, bool moved) { visit(entry, moved); });
  if (position_ == 0) ++database_;
}

void Defragmenter::visit(Entry* entry, bool moved) {
  if (entry->is_reference()) {
    if (operations_of(entry->encoding()).memory(entry->reference()) >= kLarge) {
      if (!remember(entry, moved)) count_key(moved);
      return;
    }
    uint64_t position = 0;
    do {
      position = relocate_value(entry, position, moved);
    } while (position != 0);
  }
  count_key(moved);
}

bool Defragmenter::remember(const Entry* entry, bool moved) {
  if (entry->key().size() > kLongestKey) return false;
  try {
    large_.push_back({database_, std::string(entry->key()), 0, moved});
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void Defragmenter::step_large() {
  Large& large = large_.back();
  const Cell* const cell = engine_.database(large.database).keyspace().find(Key(large.key));
  if (cell && cell->entry()->is_reference()) {
    large.position = relocate_value(cell->entry(), large.position, large.moved);
    if (large.position != 0) return;
  }
  count_key(large.moved);
  large_.pop_back();
}

uint64_t Defragmenter::relocate_value(Entry* entry, uint64_t position, bool& moved) {
  Entry::Reference value = entry->reference();
  const uint64_t before = relocation_.moved();
  position = operations_of(entry->encoding()).relocate(value, position, relocation_);
  if (relocation_.moved() == before) return position;
  moved = true;
  entry->set_reference(value);
  return position;
}

}  // namespace slotway::backend
