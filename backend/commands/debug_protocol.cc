// DEBUG PROTOCOL: one reply of each type.

#include <string>

#include "backend/commands/debug.h"

namespace slotway::backend {

void debug_protocol(const Call& call) {
  wire::ReplyWriter& reply = call.reply;
  const auto three = [&] {
    for (int i = 0; i < 3; ++i) reply.integer(i);
  };
  const bool is_3 = reply.version() >= 3;
  if (call.is(2, "string")) return reply.bulk("Hello World");
  if (call.is(2, "integer")) return reply.integer(12345);
  if (call.is(2, "double")) return reply.real(3.141);
  if (call.is(2, "null")) return reply.null();
  if (call.is(2, "true")) return reply.boolean(true);
  if (call.is(2, "false")) return reply.boolean(false);
  if (call.is(2, "verbatim")) return reply.verbatim("txt", "This is a verbatim\nstring");
  if (call.is(2, "bignum")) {
    constexpr std::string_view kNumber = "1234567999999999999999999999999999999";
    if (!is_3) return reply.bulk(kNumber);
    return reply.raw("(" + std::string(kNumber) + "\r\n");
  }
  if (call.is(2, "array")) {
    reply.array(3);
    return three();
  }
  if (call.is(2, "set")) {
    reply.set(3);
    return three();
  }
  if (call.is(2, "map")) {
    reply.map(3);
    for (int i = 0; i < 3; ++i) {
      reply.integer(i);
      reply.boolean(i == 1);
    }
    return;
  }
  if (call.is(2, "attrib")) {
    if (is_3) {
      reply.raw("|1\r\n");
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    return reply.bulk("Some real reply following the attribute");
  }
  if (call.is(2, "push")) {
    if (!is_3) return reply.error("ERR RESP2 is not supported by this command");
    reply.push(2);
    reply.bulk("server-cpu-usage");
    reply.integer(42);
    return reply.bulk("Some real reply following the push reply");
  }
  reply.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

}  // namespace slotway::backend
