// Parts of strings: APPEND, SETRANGE, GETRANGE, STRLEN.

#include <algorithm>
#include <cstring>

#include "backend/commands/bindings.h"
#include "backend/commands/edited_string.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

// Whether a string may get `size` + `more` bytes long; if not, the error is answered.
bool may_be_long(const Call& call, uint64_t size, uint64_t more) {
  uint64_t total = 0;
  if (!__builtin_add_overflow(size, more, &total) && total <= call.store.settings.max_bulk_size) {
    return true;
  }
  call.reply.error(kStringTooLong);
  return false;
}

void append(Call& call) {
  const Key key = call.key();
  const std::string_view tail = call.args[2];
  Cell* const cell = call.database().find_for_write(key);
  if (!cell) {
    call.database().put(key, nullptr,
                        make_string(call.engine().blocks(), key.bytes, tail, Entry::kNoExpiry));
    call.changed(key, KeyEvent::kString, "append");
    return call.reply.integer(static_cast<int64_t>(tail.size()));
  }
  if (!is_string(cell->entry())) return call.reply.error(kWrongType);
  const size_t size = string_size(cell->entry());
  if (!may_be_long(call, size, tail.size())) return;
  char* const bytes = edit_string(call, key, cell, size + tail.size());
  if (!bytes) return;
  if (!tail.empty()) std::memcpy(bytes + size, tail.data(), tail.size());
  call.changed(key, KeyEvent::kString, "append");
  call.reply.integer(static_cast<int64_t>(size + tail.size()));
}

void setrange(Call& call) {
  const auto offset = call.integer(2);
  if (!offset) return;
  if (*offset < 0) return call.reply.error("ERR offset is out of range");
  const std::string_view part = call.args[3];
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  if (cell && !is_string(cell->entry())) return call.reply.error(kWrongType);
  const size_t old_size = cell ? string_size(cell->entry()) : 0;
  if (part.empty()) return call.reply.integer(static_cast<int64_t>(old_size));
  const auto begin = static_cast<size_t>(*offset);
  if (!may_be_long(call, begin, part.size())) return;
  const size_t size = std::max(old_size, begin + part.size());
  char* const bytes = edit_string(call, key, cell, size);
  if (!bytes) return;
  std::memcpy(bytes + begin, part.data(), part.size());
  call.changed(key, KeyEvent::kString, "setrange");
  call.reply.integer(static_cast<int64_t>(size));
}

void getrange(Call& call) {
  const auto first = call.integer(2);
  if (!first) return;
  const auto last = call.integer(3);
  if (!last) return;
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.bulk({});
  if (!is_string(entry)) return call.reply.error(kWrongType);
  NumberText text;
  const std::string_view bytes = string_bytes(entry, text);
  const auto size = static_cast<int64_t>(bytes.size());
  if (*first < 0 && *last < 0 && *first > *last) return call.reply.bulk({});
  // Negative offsets count from the end; what lies outside is cut off.
  const int64_t begin = *first < 0 ? std::max<int64_t>(*first + size, 0) : *first;
  const int64_t end = std::min(*last < 0 ? std::max<int64_t>(*last + size, 0) : *last, size - 1);
  if (begin > end || size == 0) return call.reply.bulk({});
  call.reply.bulk(bytes.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin + 1)));
}

void strlen(Call& call) {
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.integer(0);
  if (!is_string(entry)) return call.reply.error(kWrongType);
  call.reply.integer(static_cast<int64_t>(string_size(entry)));
}

constexpr Binding kBindings[] = {
    {"append", &append},   {"setrange", &setrange}, {"getrange", &getrange},
    {"substr", &getrange}, {"strlen", &strlen},
};

}  // namespace

std::span<const Binding> string_edit_bindings() { return kBindings; }

}  // namespace slotway::backend
