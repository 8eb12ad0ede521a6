// Keys of any type: removing, counting, renaming, copying, moving.

#include "backend/commands/bindings.h"
#include "backend/commands/database_argument.h"
#include "backend/commands/keys_ahead.h"
#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

void remove(const Call& call, bool lazily) {
  int64_t removed = 0;
  for_each_key(call, 1, [&](const Key& key, size_t) {
    if (!call.database().remove(key, lazily)) return;
    ++removed;
    call.changed(key, KeyEvent::kGeneric, "del");
  });
  call.reply.integer(removed);
}

void del(Call& call) { remove(call, call.store.settings.lazy_deletion); }
void unlink(Call& call) { remove(call, true); }

void exists(Call& call) {
  int64_t found = 0;
  for_each_key(call, 1,
               [&](const Key& key, size_t) { found += call.database().peek(key) != nullptr; });
  call.reply.integer(found);
}

void touch(Call& call) {
  int64_t found = 0;
  for_each_key(call, 1,
               [&](const Key& key, size_t) { found += call.database().read(key) != nullptr; });
  call.reply.integer(found);
}

void type(Call& call) {
  const Entry* const entry = call.database().peek(call.key());
  call.reply.simple(entry ? type_name(entry->type()) : "none");
}

void randomkey(Call& call) {
  Database& database = call.database();
  while (database.size() > 0) {
    const Entry* const entry = database.keyspace().pick([&] { return call.engine().random(); });
    if (database.is_live(entry)) return call.reply.bulk(entry->key());
    database.find(Key(entry->key()));  // removes it
  }
  call.reply.null();
}

void rename(const Call& call, bool only_if_new) {
  Database& database = call.database();
  const Key from = call.key(1);
  const Key to = call.key(2);
  Cell* const source = database.find_for_write(from);
  if (!source) return call.reply.error(kNoSuchKey);
  const auto done = [&] { only_if_new ? call.reply.integer(1) : call.reply.ok(); };
  if (from.bytes == to.bytes) return only_if_new ? call.reply.integer(0) : call.reply.ok();
  if (only_if_new && database.find_for_write(to)) return call.reply.integer(0);
  // What stands there goes first: the key is a new one, and is told to be.
  database.remove(to);
  // That may have moved the source, and does so as well if the target had expired.
  Entry* const old = database.detach(from, *database.find(from));
  const uint32_t accessed = old->accessed();
  Entry* const renamed = old->with_key(to.bytes, old->expiry_ms());
  Entry::release(old);
  database.put(to, nullptr, renamed);
  renamed->set_accessed(accessed);
  call.changed(from, KeyEvent::kGeneric, "rename_from");
  call.changed(to, KeyEvent::kGeneric, "rename_to");
  done();
}

void rename_always(Call& call) { rename(call, false); }
void renamenx(Call& call) { rename(call, true); }

void move(Call& call) {
  const auto target_index = database_argument(call, 2);
  if (!target_index) return;
  if (*target_index == call.client.database) return call.reply.error(kSameObject);
  Database& target = call.engine().database(*target_index);
  const Key key = call.key();
  Cell* const source = call.database().find_for_write(key);
  if (!source || target.find_for_write(key)) return call.reply.integer(0);
  Entry* const moved = call.database().detach(key, *source);
  const uint32_t accessed = moved->accessed();
  target.put(key, nullptr, moved);
  moved->set_accessed(accessed);
  call.changed(key, KeyEvent::kGeneric, "move_from");
  call.changed_in(*target_index, key, KeyEvent::kGeneric, "move_to");
  call.reply.integer(1);
}

// A copy of the entry under another key, with a value of its own.
Entry* duplicate(const Entry* entry, std::string_view key) {
  Entry* const copy = entry->with_key(key, entry->expiry_ms());
  if (copy->is_reference()) {
    copy->set_reference(operations_of(copy->encoding()).copy(copy->reference()));
  }
  return copy;
}

void copy(Call& call) {
  uint32_t target_index = call.client.database;
  bool replace = false;
  for (size_t i = 3; i < call.args.size(); ++i) {
    if (call.is(i, "replace")) {
      replace = true;
    } else if (call.is(i, "db") && i + 1 < call.args.size()) {
      const auto index = database_argument(call, ++i);
      if (!index) return;
      target_index = *index;
    } else {
      return call.reply.error(kSyntaxError);
    }
  }
  const Key from = call.key(1);
  const Key to = call.key(2);
  if (target_index == call.client.database && from.bytes == to.bytes) {
    return call.reply.error(kSameObject);
  }
  Database& target = call.engine().database(target_index);
  if (!call.database().read(from)) return call.reply.integer(0);
  Cell* const there = target.find_for_write(to);
  if (there && !replace) return call.reply.integer(0);
  const Entry* const source = call.database().find(from)->entry();
  if (!call.store.memory.has_room_for(memory_of(source))) return call.reply.error(kOutOfMemory);
  Entry* const made = duplicate(source, to.bytes);
  if (there) target.remove(to);
  target.put(to, nullptr, made);
  call.changed_in(target_index, to, KeyEvent::kGeneric, "copy_to");
  call.reply.integer(1);
}

constexpr Binding kBindings[] = {
    {"del", &del},   {"unlink", &unlink},       {"exists", &exists},        {"touch", &touch},
    {"type", &type}, {"randomkey", &randomkey}, {"rename", &rename_always}, {"renamenx", &renamenx},
    {"move", &move}, {"copy", &copy},
};

}  // namespace

std::span<const Binding> generic_bindings() { return kBindings; }

}  // namespace slotway::backend
