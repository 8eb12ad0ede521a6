// Call: one command on its way through its handler, with everything that it works on.
//
// A handler answers exactly once, through `reply` (HELP texts and the like are one reply too). The
// arity and the right to call the command have been checked.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "backend/client.h"
#include "backend/engine/key.h"
#include "backend/errors.h"
#include "backend/store.h"
#include "wire/command_table.h"
#include "wire/number.h"
#include "wire/reply_writer.h"
#include "wire/text.h"

namespace slotway::backend {

struct Call {
  Store& store;
  Client& client;
  const wire::Command& command;
  wire::Args args;
  wire::ReplyWriter& reply;
  const Key* first_key;  // if it is known already; it is args[1] then

  Database& database() const { return store.engine.database(client.database); }
  Engine& engine() const { return store.engine; }
  // Argument `index` as a key.
  Key key(size_t index = 1) const {
    return index == 1 && first_key ? *first_key : Key(args[index]);
  }
  // Whether argument `index` is this option; `lower` is in lower case.
  bool is(size_t index, std::string_view lower) const {
    return wire::equal_ignoring_case(args[index], lower);
  }
  // Argument `index` as a number. Without a value, the error has been answered.
  std::optional<int64_t> integer(size_t index) const {
    const auto number = wire::parse_integer(args[index]);
    if (!number) reply.error(kNotInteger);
    return number;
  }

  // ---- what others are told

  // To be called once for each key that the command has changed, after the change: whoever watches,
  // tracks or waits for the key learns it. `event` is Redis's word for it ("sadd"), `kind` its
  // class.
  void changed(const Key& key, KeyEvent kind, std::string_view event) const {
    changed_in(client.database, key, kind, event);
  }
  void changed_in(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) const {
    store.events.changed(database, key, kind, event);
  }
  // The notification alone, where a change that has been told has a consequence: "del" for a key
  // that has become empty.
  void notify(const Key& key, KeyEvent kind, std::string_view event) const {
    notify_in(client.database, key, kind, event);
  }
  void notify_in(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) const {
    store.events.notify(database, key, kind, event);
  }

  // ---- waiting for a key

  // False within a transaction: a command that finds nothing answers at once then.
  bool may_block() const;
  // The command found nothing to do and waits for one of `keys`, which are among its arguments; the
  // handler returns without an answer. `deadline_ms` is of timeout_argument.h; 0 waits for ever.
  //
  // When one of the keys has got a list, a sorted set or a stream, the handler is called again,
  // those of several clients in the order in which they came. Of a command with many keys that call
  // has the one key alone among its arguments (and 1 for their number), so that it gets its value
  // from there, as in Redis. It may block() again, which keeps its place. After the deadline, the
  // client gets a null array.
  void block(std::span<const std::string_view> keys, int64_t deadline_ms) const;
};

}  // namespace slotway::backend
