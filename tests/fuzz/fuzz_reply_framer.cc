// ReplyFramer: the same frames whole and in pieces, each of which is one frame by itself.
// Input: a byte (option 0: RESP3), then what a server sends.
#include "tests/fuzz/fuzz_input.h"
#include "tests/wire/feed_replies.h"

using slotway::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const slotway::fuzz::StreamInput input(data, size);
  const int version = input.option(0) ? 3 : 2;
  const auto whole = slotway::wire::frame_whole(input.stream(), version);
  require(whole.breach.empty(), whole.breach);
  const auto pieces = slotway::wire::feed_replies(input.stream(), version, input.pieces());
  require(pieces.breach.empty(), pieces.breach);
  require(pieces == whole, "the same frames in pieces as whole");

  for (const auto& frame : whole.frames) {
    const auto alone = slotway::wire::frame_whole(frame.bytes, version);
    require(!alone.malformed && alone.frames.size() == 1 && alone.frames[0] == frame,
            "a frame is a frame by itself");
    // All that RESP2 knows is the same in RESP3.
    if (version == 2) {
      const auto newer = slotway::wire::frame_whole(frame.bytes, 3);
      require(newer.frames.size() == 1 && newer.frames[0] == frame, "RESP3 takes all of RESP2");
    }
  }
  return 0;
}
