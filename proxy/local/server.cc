// Commands about the server that the proxy presents: INFO, COMMAND.

#include "proxy/local/info.h"
#include "proxy/local/local_commands.h"
#include "proxy/worker.h"
#include "wire/command_reply.h"

namespace slotway::proxy {

namespace {

void answer_info(const LocalCall& call) { info(call.session, call.command, call.args); }

void command_family(const LocalCall& call) {
  call.reply([&](wire::ReplyWriter& writer) {
    wire::write_command_reply(call.command, call.args, &is_supported, writer);
  });
}

constexpr LocalBinding kBindings[] = {
    {"info", &answer_info},
    {"command", &command_family},
    {"command|count", &command_family},
    {"command|info", &command_family},
    {"command|list", &command_family},
    {"command|docs", &command_family},
    {"command|getkeys", &command_family},
    {"command|getkeysandflags", &command_family},
    {"command|help", &command_family},
};

}  // namespace

std::span<const LocalBinding> server_bindings() { return kBindings; }

}  // namespace slotway::proxy
