// RequestParser: the same commands whole and in pieces, and every promise of its header.
// Input: a byte (option 0: not authenticated, option 1: small limits), then what a client sends.
#include "tests/fuzz/fuzz_input.h"
#include "tests/wire/feed_requests.h"

using slotway::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const slotway::fuzz::StreamInput input(data, size);
  slotway::wire::RequestLimits limits;
  limits.authenticated = !input.option(0);
  if (input.option(1)) {
    limits.multibulk_count = 5;
    limits.bulk_size = 40;
    limits.inline_size = 60;
    limits.request_size = 100;
  }
  const auto whole = feed_whole(input.stream(), limits);
  require(whole.breach.empty(), whole.breach);
  const auto pieces = feed_requests(input.stream(), limits, input.pieces());
  require(pieces.breach.empty(), pieces.breach);
  require(pieces == whole, "the same commands in pieces as whole");

  // Each command, inline ones too, is the same again in its multi-bulk form.
  for (const auto& command : whole.commands) {
    const auto again = slotway::wire::feed_whole(slotway::wire::encode(command.args));
    require(again.commands.size() == 1 && again.commands[0].args == command.args && again.left == 0,
            "a command survives its encoding");
  }
  return 0;
}
