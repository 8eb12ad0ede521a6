// Feeds a stream to a RequestParser as a session does, in pieces of any size, and records what
// comes out. For unit tests and fuzzers: every piece lies in a heap block of exactly its size, so
// that a sanitizer sees each byte read outside of it.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/request_parser.h"

namespace slotway::wire {

struct SeenCommand {
  std::vector<std::string> args;
  std::string raw;
  bool is_inline = false;
  bool operator==(const SeenCommand&) const = default;
};

struct SeenRequests {
  std::vector<SeenCommand> commands;
  std::string error;   // of the parser; empty if the stream is good
  size_t left = 0;     // bytes of the incomplete command at the end
  size_t missing = 0;  // what the parser says is missing from it
  std::string breach;  // a promise of the parser's header that was not kept; empty if none
  bool operator==(const SeenRequests&) const = default;
};

// The multi-bulk form of a command.
inline std::string encode(const std::vector<std::string>& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return out;
}

inline bool lies_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// `next_piece()` gives the size of each piece; 0 means all that is left.
template <typename NextPiece>
SeenRequests feed_requests(std::string_view stream, const RequestLimits& limits,
                           NextPiece next_piece) {
  SeenRequests seen;
  RequestParser parser;
  Request request;
  size_t begin = 0;  // of the command at the front
  size_t end = 0;    // of what has arrived
  while (end < stream.size()) {
    const size_t piece = next_piece();
    end = piece == 0 || piece > stream.size() - end ? stream.size() : end + piece;
    const size_t size = end - begin;
    const std::unique_ptr<char[]> block(new char[size]);
    std::memcpy(block.get(), stream.data() + begin, size);
    size_t at = 0;
    while (at < size) {
      const std::string_view input(block.get() + at, size - at);
      size_t consumed = 0;
      const auto status = parser.parse(input, limits, request, consumed);
      if (status == RequestParser::Status::kError) {
        seen.error = parser.error();
        seen.missing = 0;
        if (seen.error.empty()) seen.breach = "an error without a message";
        seen.left = stream.size() - begin - at;
        return seen;
      }
      if (status == RequestParser::Status::kNeedMore) {
        seen.missing = parser.missing();
        if (seen.missing == 0) seen.breach = "nothing is missing from an incomplete command";
        break;
      }
      if (consumed == 0 || consumed > input.size()) {
        seen.breach = "consumed is out of range";
        return seen;
      }
      if (status == RequestParser::Status::kCommand) {
        SeenCommand command{{}, std::string(request.raw), request.is_inline};
        for (const std::string_view arg : request.args) {
          command.args.emplace_back(arg);
          const std::string_view home = request.is_inline ? request.unquoted : request.raw;
          if (!lies_inside(arg, home)) seen.breach = "an argument outside of the command";
        }
        if (!lies_inside(request.raw, input)) seen.breach = "raw is not the input's";
        if (command.args.empty()) seen.breach = "a command without arguments";
        if (!command.is_inline && encode(command.args) != command.raw) {
          seen.breach = "an accepted multi-bulk is not canonical";
        }
        seen.commands.push_back(std::move(command));
      }
      at += consumed;
    }
    begin += at;
  }
  seen.left = end - begin;
  if (seen.left == 0) seen.missing = 0;
  return seen;
}

inline SeenRequests feed_whole(std::string_view stream, const RequestLimits& limits = {}) {
  return feed_requests(stream, limits, [] { return size_t{0}; });
}

inline SeenRequests feed_bytewise(std::string_view stream, const RequestLimits& limits = {}) {
  return feed_requests(stream, limits, [] { return size_t{1}; });
}

// In two pieces, the first of `cut` bytes; cut > 0.
inline SeenRequests feed_cut(std::string_view stream, size_t cut,
                             const RequestLimits& limits = {}) {
  return feed_requests(stream, limits, [first = true, cut]() mutable {
    return std::exchange(first, false) ? cut : size_t{0};
  });
}

}  // namespace slotway::wire
