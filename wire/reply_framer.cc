#include "wire/reply_framer.h"

#include <algorithm>
#include <cstring>

namespace slotway::wire {

bool ReplyFramer::begin_element(char type) {
  if (depth_ == 0) type_ = type;
  element_ = type;
  switch (type) {
    case ':':
    case '$':
    case '*':
      break;
    case '+':
    case '-':
      state_ = State::kText;
      text_size_ = 0;
      return true;
    case '_':
    case '#':
    case ',':
    case '(':
      state_ = State::kText;
      text_size_ = 0;
      return version_ == 3;
    case '!':
    case '=':
    case '%':
    case '~':
    case '|':
      if (version_ != 3) return false;
      break;
    case '>':
      if (version_ != 3 || depth_ != 0) return false;
      break;
    default:
      return false;
  }
  state_ = State::kNumber;
  negative_ = leading_zero_ = false;
  digits_ = 0;
  number_ = 0;
  return true;
}

bool ReplyFramer::take_digit(char c) {
  if (c == '-' && digits_ == 0 && !negative_) {
    negative_ = true;
    return true;
  }
  if (c < '0' || c > '9') return false;
  if (leading_zero_ || digits_ == 19) return false;
  leading_zero_ = digits_ == 0 && c == '0';
  ++digits_;
  // 19 digits may pass 2^63 - 1 in an integer reply; only lengths use the value, and those are
  // refused long before.
  number_ =
      static_cast<int64_t>(static_cast<uint64_t>(number_) * 10 + static_cast<uint64_t>(c - '0'));
  return true;
}

bool ReplyFramer::push_level(int64_t elements) {
  if (depth_ == kMaxDepth) return false;
  ++depth_;
  if (depth_ > kUsualDepth) deep_levels_.emplace_back();
  innermost() = {elements, element_ == '|'};
  state_ = State::kType;
  return true;
}

bool ReplyFramer::finish_number() {
  if (digits_ == 0) return false;
  if (element_ == ':') {
    state_ = State::kNumberEnd;
    return true;
  }
  if (negative_) {
    // Only the RESP2 nulls are negative.
    if (number_ != 1 || (element_ != '$' && element_ != '*')) return false;
  } else {
    const bool is_text = element_ == '$' || element_ == '!' || element_ == '=';
    if (digits_ > 18 || number_ > (is_text ? kMaxBulk : kMaxElements)) return false;
  }
  state_ = State::kNumberEnd;
  return true;
}

bool ReplyFramer::finish_element() {
  state_ = State::kType;
  while (depth_ > 0) {
    Level& level = innermost();
    if (--level.left > 0) return false;
    const bool was_attribute = level.is_attribute;
    if (depth_ > kUsualDepth) [[unlikely]] {
      deep_levels_.pop_back();
      if (deep_levels_.empty()) deep_levels_.shrink_to_fit();
    }
    --depth_;
    if (was_attribute) return false;  // what it belongs to follows
  }
  return true;
}

size_t ReplyFramer::size_of_simple_element(std::string_view bytes) {
  const char* const begin = bytes.data();
  if (bytes.size() < 4) return 0;
  if (*begin != '$' && *begin != ':') {
    return bytes.starts_with("+OK\r\n") ? 5 : 0;
  }
  const char* p = begin + 1;
  const char* const last = begin + std::min<size_t>(bytes.size() - 2, 5);
  size_t number = 0;
  for (; p != last && *p >= '0' && *p <= '9'; ++p)
    number = number * 10 + static_cast<size_t>(*p - '0');
  const ptrdiff_t digits = p - begin - 1;
  if (digits == 0) return bytes.starts_with("$-1\r\n") ? 5 : 0;
  if (p[0] != '\r' || p[1] != '\n' || (digits > 1 && begin[1] == '0')) return 0;
  const size_t header = static_cast<size_t>(p - begin) + 2;
  if (*begin == ':') return header;
  const size_t end = header + number;
  if (bytes.size() < end + 2 || begin[end] != '\r' || begin[end + 1] != '\n') return 0;
  return end + 2;
}

ReplyFramer::Status ReplyFramer::walk(std::string_view bytes, size_t& consumed) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  bool element_done = false;
  while (p != end) {
    switch (state_) {
      case State::kType:
        // Nearly all elements are small and here as a whole: no state to keep for those.
        if (const size_t size = size_of_simple_element({p, static_cast<size_t>(end - p)})) {
          if (depth_ == 0) type_ = *p;
          p += size;
          element_done = true;
        } else if (!begin_element(*p++)) {
          return Status::kMalformed;
        }
        break;
      case State::kNumber:
        while (p != end && *p != '\r') {
          if (!take_digit(*p++)) return Status::kMalformed;
        }
        if (p == end) break;
        ++p;
        if (!finish_number()) return Status::kMalformed;
        break;
      case State::kNumberEnd:
        if (*p++ != '\n') return Status::kMalformed;
        if (element_ == ':' || negative_) {
          element_done = true;
        } else if (element_ == '$' || element_ == '!' || element_ == '=') {
          left_ = number_;
          state_ = left_ > 0 ? State::kPayload : State::kCr;
        } else {
          const bool pairs = element_ == '%' || element_ == '|';
          if (number_ == 0 && element_ == '|') return Status::kMalformed;
          if (number_ == 0) {
            element_done = true;
          } else if (!push_level(pairs ? number_ * 2 : number_)) {
            return Status::kMalformed;
          }
        }
        break;
      case State::kText: {
        // Byte by byte: status lines and numbers are too short for memchr to pay.
        const char* const start = p;
        while (p != end && *p != '\r' && *p != '\n') ++p;
        text_size_ += static_cast<size_t>(p - start);
        if (text_size_ > kMaxText) return Status::kMalformed;
        if (p == end) break;
        if (*p == '\n') return Status::kMalformed;
        ++p;
        if ((element_ == '_' && text_size_ != 0) || (element_ == '#' && text_size_ != 1)) {
          return Status::kMalformed;
        }
        state_ = State::kTextEnd;
        break;
      }
      case State::kPayload: {
        const auto part = std::min<int64_t>(left_, end - p);
        p += part;
        left_ -= part;
        if (left_ == 0) state_ = State::kCr;
        break;
      }
      case State::kCr:
        if (*p++ != '\r') return Status::kMalformed;
        state_ = State::kLf;
        break;
      case State::kTextEnd:
      case State::kLf:
        if (*p++ != '\n') return Status::kMalformed;
        element_done = true;
        break;
    }
    if (element_done) {
      element_done = false;
      if (finish_element()) {
        consumed = static_cast<size_t>(p - bytes.data());
        return type_ == '>' ? Status::kPush : Status::kReply;
      }
    }
  }
  consumed = bytes.size();
  return Status::kNeedMore;
}

}  // namespace slotway::wire
