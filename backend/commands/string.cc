// Strings as wholes: GET and SET with their relatives, and the forms for many keys.

#include "backend/commands/bindings.h"
#include "backend/commands/keys_ahead.h"
#include "backend/commands/string_arguments.h"
#include "backend/types/string_value.h"

namespace slotway::backend {

namespace {

using Time = StringOptions::Time;

void put(const Call& call, const Key& key, Cell* found, std::string_view value, int64_t expiry_ms) {
  if (found && expiry_ms == Entry::kNoExpiry) {
    Entry* const entry = found->entry();
    if (is_string(entry) && !entry->has_expiry() && assign_string(entry, value)) return;
  }
  call.database().put(key, found, make_string(call.engine().blocks(), key.bytes, value, expiry_ms));
}

// Stores without any condition; the expiry is this one or none.
void store(const Call& call, const Key& key, Cell* found, std::string_view value,
           int64_t expiry_ms = Entry::kNoExpiry) {
  put(call, key, found, value, expiry_ms);
  call.changed(key, KeyEvent::kString, "set");
}

// Answers with the string at the key, or null. False, and the error is answered, for another type.
bool reply_value(const Call& call, const Key& key) {
  const Entry* const entry = call.database().read(key);
  if (!entry) {
    call.reply.null();
    return true;
  }
  if (!is_string(entry)) {
    call.reply.error(kWrongType);
    return false;
  }
  write_string(entry, call.reply);
  return true;
}

void get(Call& call) { reply_value(call, call.key()); }

void set_with_options(const Call& call, const StringOptions& options, std::string_view value) {
  int64_t expiry_ms = Entry::kNoExpiry;
  if (options.time != Time::kNone) {
    const auto moment = parse_expiry(call, options.time, options.amount);
    if (!moment) return;
    expiry_ms = *moment;
  }
  const Key key = call.key();
  if (options.get && !reply_value(call, key)) return;
  Cell* const found = call.database().find_for_write(key);
  if ((options.nx && found) || (options.xx && !found)) {
    if (!options.get) call.reply.null();
    return;
  }
  if (options.keep_ttl && found) expiry_ms = found->entry()->expiry_ms();
  store(call, key, found, value, expiry_ms);
  if (options.time != Time::kNone) call.notify(key, KeyEvent::kGeneric, "expire");
  if (!options.get) call.reply.ok();
}

void set(Call& call) {
  if (call.args.size() == 3) [[likely]] {
    const Key key = call.key();
    store(call, key, call.database().find_for_write(key), call.args[2]);
    return call.reply.ok();
  }
  if (const auto options = parse_set_options(call, 3)) {
    set_with_options(call, *options, call.args[2]);
  }
}

void setex(Call& call) {
  set_with_options(call, {.time = Time::kEx, .amount = call.args[2]}, call.args[3]);
}

void psetex(Call& call) {
  set_with_options(call, {.time = Time::kPx, .amount = call.args[2]}, call.args[3]);
}

void setnx(Call& call) {
  const Key key = call.key();
  if (call.database().find_for_write(key)) return call.reply.integer(0);
  store(call, key, nullptr, call.args[2]);
  call.reply.integer(1);
}

void getset(Call& call) {
  const Key key = call.key();
  if (!reply_value(call, key)) return;
  store(call, key, call.database().find_for_write(key), call.args[2]);
}

void getdel(Call& call) {
  const Key key = call.key();
  if (!reply_value(call, key) || !call.database().remove(key)) return;
  call.changed(key, KeyEvent::kGeneric, "del");
}

void getex(Call& call) {
  const auto options = parse_getex_options(call, 2);
  if (!options) return;
  const Key key = call.key();
  const Entry* const entry = call.database().read(key);
  if (!entry) return call.reply.null();
  if (!is_string(entry)) return call.reply.error(kWrongType);
  int64_t expiry_ms = Entry::kNoExpiry;
  if (options->time != Time::kNone) {
    const auto moment = parse_expiry(call, options->time, options->amount);
    if (!moment) return;
    expiry_ms = *moment;
  }
  write_string(entry, call.reply);
  if (options->is_absolute() && expiry_ms <= call.engine().now_ms()) {
    call.database().remove(key);
    call.changed(key, KeyEvent::kGeneric, "del");
  } else if (options->time != Time::kNone || (options->persist && entry->has_expiry())) {
    call.database().set_expiry(key, *call.database().find(key), expiry_ms);
    call.changed(key, KeyEvent::kGeneric, options->persist ? "persist" : "expire");
  }
}

void mget(Call& call) {
  call.reply.array(call.args.size() - 1);
  for_each_key(call, 1, [&](const Key& key, size_t) {
    const Entry* const entry = call.database().read(key);
    if (entry && is_string(entry)) {
      write_string(entry, call.reply);
    } else {
      call.reply.null();
    }
  });
}

void store_pairs(const Call& call) {
  for_each_key(call, 2, [&](const Key& key, size_t i) {
    store(call, key, call.database().find_for_write(key), call.args[i + 1]);
  });
}

bool has_pairs(const Call& call) {
  if (call.args.size() % 2 == 1) return true;
  call.reply.error("ERR wrong number of arguments for '" + call.command.full_name + "' command");
  return false;
}

void mset(Call& call) {
  if (!has_pairs(call)) return;
  store_pairs(call);
  call.reply.ok();
}

void msetnx(Call& call) {
  if (!has_pairs(call)) return;
  for (size_t i = 1; i < call.args.size(); i += 2) {
    if (call.database().find_for_write(call.key(i))) return call.reply.integer(0);
  }
  store_pairs(call);
  call.reply.integer(1);
}

constexpr Binding kBindings[] = {
    {"get", &get},     {"set", &set},       {"setex", &setex},   {"psetex", &psetex},
    {"setnx", &setnx}, {"getset", &getset}, {"getdel", &getdel}, {"getex", &getex},
    {"mget", &mget},   {"mset", &mset},     {"msetnx", &msetnx},
};

}  // namespace

std::span<const Binding> string_bindings() { return kBindings; }

}  // namespace slotway::backend
