// Call: one command on its way through its handler, with everything that it works on.
//
// A handler answers exactly once, through `reply` (HELP texts and the like are one reply too). The
// arity and the right to call the command have been checked.
#pragma once

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
};

}  // namespace slotway::backend
