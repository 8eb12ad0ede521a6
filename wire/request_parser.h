// RequestParser: finds the commands in what a client sends, multi-bulk or inline.
//
// Incremental and strict: every digit, CR and LF is checked, so a multi-bulk command that it yields
// is canonical and can be forwarded byte for byte. It copies and allocates nothing of its own; the
// memory that a declared length needs is never taken in advance. No I/O. Source: "Redis
// serialization protocol specification"; the errors are Redis's.
//
// Between calls a parser remembers only how far the incomplete command at the front has been
// looked at, so a trickle of bytes costs linear time. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::wire {

struct RequestLimits {
  int64_t multibulk_count = 4 << 20;  // arguments: 64 MiB of views, whatever request_size is
  int64_t bulk_size = 512ll << 20;    // bytes
  size_t inline_size = 64 << 10;      // bytes; also of a '*' or '$' line
  size_t request_size = 1ull << 30;   // bytes of one whole command
  bool authenticated = true;          // false: at most 10 arguments of 16 KiB
};

struct Request {
  // The command's bytes. Of an inline command they are the line, which is no multi-bulk.
  std::string_view raw;
  std::vector<std::string_view> args;  // views into raw, or into `unquoted` of an inline command
  bool is_inline = false;
  std::string unquoted;
};

class RequestParser {
 public:
  enum class Status : uint8_t {
    kCommand,   // `request` is filled; drop `consumed` bytes
    kNothing,   // an empty command: drop `consumed` bytes and go on
    kNeedMore,  // call again with the same front and more bytes behind it
    kError,     // error() is set; the stream cannot be used further
  };

  // Looks at `input`, whose first byte is the first byte of a command. `request` is the caller's,
  // so that its memory is used again; its views live as long as `input`.
  Status parse(std::string_view input, const RequestLimits& limits, Request& request,
               size_t& consumed);

  // What is wrong, without the "-ERR Protocol error: " in front.
  const std::string& error() const { return error_; }
  // While a command is incomplete: bytes known to be still missing, at least 1.
  size_t missing() const { return missing_; }

 private:
  Status parse_multibulk(std::string_view input, const RequestLimits& limits, Request& request,
                         size_t& consumed);
  Status parse_inline(std::string_view input, const RequestLimits& limits, Request& request,
                      size_t& consumed);
  Status fail(std::string message);

  // Progress inside the incomplete command at the front of the input.
  size_t position_ = 0;          // bytes already checked
  int64_t arguments_left_ = -1;  // -1: the '*' line has not been read
  size_t missing_ = 1;
  std::string error_;
};

}  // namespace slotway::wire
