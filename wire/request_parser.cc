#include "wire/request_parser.h"

#include <algorithm>
#include <cstring>

#include "wire/inline_request.h"

namespace slotway::wire {

namespace {

constexpr int64_t kUnauthenticatedCount = 10;
constexpr int64_t kUnauthenticatedBulk = 16384;

enum class Line : uint8_t { kOk, kNeedMore, kInvalid };

// Reads "<decimal>\r\n" at `at` and moves `at` behind it. Canonical numbers only: no sign but '-',
// no leading zero, at most 18 digits (which cannot overflow).
Line read_any_length(std::string_view input, size_t& at, int64_t& value) {
  const char* p = input.data() + at;
  const char* const end = input.data() + input.size();
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  int64_t number = 0;
  while (p != end && *p >= '0' && *p <= '9') {
    if (p - digits >= 18) return Line::kInvalid;
    number = number * 10 + (*p++ - '0');
  }
  const ptrdiff_t count = p - digits;
  if (count > 1 && *digits == '0') return Line::kInvalid;
  if (p == end) return Line::kNeedMore;
  if (count == 0 || *p != '\r' || (negative && number == 0)) return Line::kInvalid;
  if (p + 1 == end) return Line::kNeedMore;
  if (p[1] != '\n') return Line::kInvalid;
  value = negative ? -number : number;
  at = static_cast<size_t>(p + 2 - input.data());
  return Line::kOk;
}

// The same. Nearly all lengths have one or two digits and more bytes behind them: for those in
// line, without a loop.
inline Line read_length(std::string_view input, size_t& at, int64_t& value) {
  const char* const p = input.data() + at;
  if (input.size() - at >= 4) [[likely]] {
    const unsigned first = static_cast<unsigned char>(p[0]) - unsigned{'0'};
    const unsigned second = static_cast<unsigned char>(p[1]) - unsigned{'0'};
    if (first <= 9 && p[1] == '\r' && p[2] == '\n') {
      value = first;
      at += 3;
      return Line::kOk;
    }
    if (first - 1 <= 8 && second <= 9 && p[2] == '\r' && p[3] == '\n') {
      value = first * 10 + second;
      at += 4;
      return Line::kOk;
    }
  }
  return read_any_length(input, at, value);
}

std::string printable(char c) {
  if (c >= 0x20 && c < 0x7f) return std::string(1, c);
  constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

}  // namespace

RequestParser::Status RequestParser::fail(std::string message) {
  error_ = std::move(message);
  return Status::kError;
}

RequestParser::Status RequestParser::parse(std::string_view input, const RequestLimits& limits,
                                           Request& request, size_t& consumed) {
  if (input.empty()) {
    missing_ = 1;
    return Status::kNeedMore;
  }
  const Status status = input[0] == '*' ? parse_multibulk(input, limits, request, consumed)
                                        : parse_inline(input, limits, request, consumed);
  if (status != Status::kNeedMore) {
    position_ = 0;
    arguments_left_ = -1;
  }
  return status;
}

RequestParser::Status RequestParser::parse_multibulk(std::string_view input,
                                                     const RequestLimits& limits, Request& request,
                                                     size_t& consumed) {
  // A command that was incomplete before is first walked to its end from where the last call
  // stopped; only when all of it is there, a second walk collects the arguments.
  bool collect = arguments_left_ < 0;
  if (arguments_left_ < 0) {
    position_ = 1;
    const Line line = read_length(input, position_, arguments_left_);
    if (line != Line::kOk) arguments_left_ = -1;
    if (line == Line::kNeedMore) {
      missing_ = 1;
      return Status::kNeedMore;
    }
    if (line == Line::kInvalid || arguments_left_ > limits.multibulk_count) {
      return fail("invalid multibulk length");
    }
    if (!limits.authenticated && arguments_left_ > kUnauthenticatedCount) {
      return fail("unauthenticated multibulk length");
    }
    if (arguments_left_ <= 0) {
      consumed = position_;
      return Status::kNothing;
    }
  }
  request.args.clear();
  while (true) {
    // In registers on the way; the members tell where an incomplete command goes on.
    size_t argument = position_;
    int64_t left = arguments_left_;
    for (; left > 0; --left) {
      if (argument == input.size()) {
        missing_ = static_cast<size_t>(left) * 4;
        break;
      }
      if (input[argument] != '$') {
        return fail("expected '$', got '" + printable(input[argument]) + "'");
      }
      size_t at = argument + 1;
      int64_t size = 0;
      const Line line = read_length(input, at, size);
      if (line == Line::kNeedMore) {
        missing_ = 1;
        break;
      }
      if (line == Line::kInvalid || size < 0 || size > limits.bulk_size) {
        return fail("invalid bulk length");
      }
      if (!limits.authenticated && size > kUnauthenticatedBulk) {
        return fail("unauthenticated bulk length");
      }
      const auto bulk = static_cast<size_t>(size);
      if (at + bulk > limits.request_size) return fail("request is larger than request_size");
      if (input.size() - at < bulk + 2) {
        missing_ = bulk + 2 - (input.size() - at);
        // What is there of the end is checked when all of it is.
        break;
      }
      if (input[at + bulk] != '\r' || input[at + bulk + 1] != '\n') {
        return fail("expected CRLF after bulk");
      }
      if (collect) request.args.emplace_back(input.data() + at, bulk);
      argument = at + bulk + 2;
    }
    position_ = argument;
    arguments_left_ = left;
    if (left > 0) return Status::kNeedMore;
    if (collect) {
      request.raw = input.substr(0, position_);
      request.is_inline = false;
      consumed = position_;
      return Status::kCommand;
    }
    collect = true;
    position_ = 1;
    (void)read_length(input, position_, arguments_left_);
  }
}

RequestParser::Status RequestParser::parse_inline(std::string_view input,
                                                  const RequestLimits& limits, Request& request,
                                                  size_t& consumed) {
  const size_t seen = std::min(position_, input.size());
  const void* newline = std::memchr(input.data() + seen, '\n', input.size() - seen);
  if (!newline) {
    if (input.size() > limits.inline_size) return fail("too big inline request");
    position_ = input.size();
    missing_ = 1;
    return Status::kNeedMore;
  }
  const auto length = static_cast<size_t>(static_cast<const char*>(newline) - input.data());
  if (length > limits.inline_size) return fail("too big inline request");
  std::string_view line = input.substr(0, length);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!split_inline(line, request.unquoted, request.args)) {
    return fail("unbalanced quotes in request");
  }
  request.raw = line;
  request.is_inline = true;
  consumed = length + 1;
  return request.args.empty() ? Status::kNothing : Status::kCommand;
}

}  // namespace slotway::wire
