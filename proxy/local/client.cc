// What CLIENT tells and sets of the own session.

#include <string_view>

#include "proxy/local/local_commands.h"
#include "wire/greeting.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

void client_id(const LocalCall& call) {
  call.reply(
      [&](wire::ReplyWriter& writer) { writer.integer(static_cast<int64_t>(call.session.id())); });
}

void client_setname(const LocalCall& call) {
  if (!wire::is_client_name(call.args[2])) return call.error(wire::kBadClientName);
  call.session.edit_names().name = call.args[2];
  call.ok();
}

void client_getname(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    if (call.session.names().name.empty()) {
      writer.null();
    } else {
      writer.bulk(call.session.names().name);
    }
  });
}

void client_setinfo(const LocalCall& call) {
  const std::string_view attribute = call.args[2];
  if (!wire::is_client_name(call.args[3])) {
    return call.error("ERR " + wire::excerpt(attribute, 32) +
                      " cannot contain spaces, newlines or special characters.");
  }
  if (wire::equal_ignoring_case(attribute, "lib-name")) {
    call.session.edit_names().library_name = call.args[3];
  } else if (wire::equal_ignoring_case(attribute, "lib-ver")) {
    call.session.edit_names().library_version = call.args[3];
  } else {
    return call.error("ERR Unrecognized option '" + wire::excerpt(attribute) + "'");
  }
  call.ok();
}

void client_no_evict(const LocalCall& call) {
  if (wire::equal_ignoring_case(call.args[2], "on")) {
    call.session.no_evict = true;
  } else if (wire::equal_ignoring_case(call.args[2], "off")) {
    call.session.no_evict = false;
  } else {
    return call.error("ERR syntax error");
  }
  call.ok();
}

// OFF and SKIP are not answered themselves.
void client_reply(const LocalCall& call) {
  Session& session = call.session;
  if (wire::equal_ignoring_case(call.args[2], "on")) {
    session.reply_mode = Session::ReplyMode::kOn;
    call.ok();
  } else if (wire::equal_ignoring_case(call.args[2], "off")) {
    session.reply_mode = Session::ReplyMode::kOff;
  } else if (wire::equal_ignoring_case(call.args[2], "skip")) {
    if (session.reply_mode != Session::ReplyMode::kOff) {
      session.reply_mode = Session::ReplyMode::kSkip;
    }
  } else {
    call.error("ERR syntax error");
  }
}

constexpr LocalBinding kBindings[] = {
    {"client|id", &client_id},           {"client|setname", &client_setname},
    {"client|getname", &client_getname}, {"client|setinfo", &client_setinfo},
    {"client|reply", &client_reply},     {"client|no-evict", &client_no_evict},
    {"client|help", &answer_help},
};

}  // namespace

std::span<const LocalBinding> client_bindings() { return kBindings; }

}  // namespace slotway::proxy
