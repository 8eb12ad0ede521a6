// Feeds a stream to a ReplyFramer in pieces of any size and records the frames. For unit tests and
// fuzzers; every piece lies in a heap block of exactly its size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/reply_framer.h"

namespace slotway::wire {

struct SeenFrame {
  std::string bytes;
  char type = 0;
  bool is_push = false;
  bool operator==(const SeenFrame&) const = default;
};

struct SeenReplies {
  std::vector<SeenFrame> frames;
  bool malformed = false;
  size_t left = 0;     // bytes of the incomplete frame at the end
  std::string breach;  // a promise of the framer's header that was not kept; empty if none
  bool operator==(const SeenReplies&) const = default;
};

// `next_piece()` gives the size of each piece; 0 means all that is left.
template <typename NextPiece>
SeenReplies feed_replies(std::string_view stream, int version, NextPiece next_piece) {
  SeenReplies seen;
  ReplyFramer framer(version);
  size_t begin = 0;  // of the frame under way
  size_t at = 0;     // what has been fed
  while (at < stream.size()) {
    const size_t wanted = next_piece();
    const size_t size = wanted == 0 ? stream.size() - at : std::min(wanted, stream.size() - at);
    const std::unique_ptr<char[]> block(new char[size]);
    std::memcpy(block.get(), stream.data() + at, size);
    size_t used = 0;
    while (used < size) {
      size_t consumed = 0;
      const auto status = framer.feed({block.get() + used, size - used}, consumed);
      if (status == ReplyFramer::Status::kMalformed) {
        seen.malformed = true;
        return seen;
      }
      if (consumed == 0 || consumed > size - used) {
        seen.breach = "consumed is out of range";
        return seen;
      }
      used += consumed;
      if (status == ReplyFramer::Status::kNeedMore) {
        if (used != size) seen.breach = "more is needed, but not all was taken";
        break;
      }
      const size_t end = at + used;
      seen.frames.push_back({std::string(stream.substr(begin, end - begin)), framer.type(),
                             status == ReplyFramer::Status::kPush});
      begin = end;
    }
    at += size;
  }
  seen.left = stream.size() - begin;
  return seen;
}

inline SeenReplies frame_whole(std::string_view stream, int version) {
  return feed_replies(stream, version, [] { return size_t{0}; });
}

inline SeenReplies frame_bytewise(std::string_view stream, int version) {
  return feed_replies(stream, version, [] { return size_t{1}; });
}

// In two pieces, the first of `cut` bytes; cut > 0.
inline SeenReplies frame_cut(std::string_view stream, int version, size_t cut) {
  return feed_replies(stream, version, [first = true, cut]() mutable {
    return std::exchange(first, false) ? cut : size_t{0};
  });
}

}  // namespace slotway::wire
