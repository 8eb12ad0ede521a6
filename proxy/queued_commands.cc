#include "proxy/queued_commands.h"

#include <string>

namespace slotway::proxy {

void for_each_queued(const Transaction& transaction,
                     const std::function<void(const wire::Command&, wire::Args)>& visit) {
  std::string bytes;
  for (const wire::BlockRange& range : transaction.bytes().ranges()) bytes += range.view();
  wire::RequestParser parser;
  wire::Request request;
  std::string_view rest = bytes;
  size_t taken = 0;
  // They were parsed before: nothing else comes.
  while (!rest.empty() &&
         parser.parse(rest, {}, request, taken) == wire::RequestParser::Status::kCommand) {
    if (const wire::Command* const command = wire::find_command(request.args)) {
      visit(*command, request.args);
    }
    rest.remove_prefix(taken);
  }
}

}  // namespace slotway::proxy
