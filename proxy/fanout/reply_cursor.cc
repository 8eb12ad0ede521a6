#include "proxy/fanout/reply_cursor.h"

#include <algorithm>

#include "wire/number.h"
#include "wire/reply_framer.h"

namespace slotway::proxy {

std::optional<std::string_view> ReplyCursor::header(char wanted) {
  if (type() != wanted) return std::nullopt;
  const size_t end = rest_.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 2);
  return text;
}

std::optional<int64_t> ReplyCursor::enter_array() {
  const auto text = header(type() == '~' ? '~' : '*');
  if (!text) return std::nullopt;
  return wire::parse_integer(*text);
}

std::optional<int64_t> ReplyCursor::enter_push() {
  const auto text = header('>');
  return text ? wire::parse_integer(*text) : std::nullopt;
}

std::optional<int64_t> ReplyCursor::enter_map() {
  const bool is_map = type() == '%';
  const auto text = header(is_map ? '%' : '*');
  const auto count = text ? wire::parse_integer(*text) : std::nullopt;
  if (!count || *count < 0) return std::nullopt;
  return is_map ? *count : *count / 2;
}

std::optional<int64_t> ReplyCursor::integer() {
  const auto text = header(':');
  if (!text) return std::nullopt;
  return wire::parse_integer(*text);
}

std::optional<std::string_view> ReplyCursor::string() {
  if (type() == '+') return header('+');
  const bool is_verbatim = type() == '=';
  const auto text = header(is_verbatim ? '=' : '$');
  if (!text) return std::nullopt;
  const auto size = wire::parse_integer(*text);
  if (!size || *size < 0 || static_cast<size_t>(*size) + 2 > rest_.size()) return std::nullopt;
  const std::string_view content = rest_.substr(0, static_cast<size_t>(*size));
  rest_.remove_prefix(content.size() + 2);
  constexpr size_t kFormat = 4;  // "txt:"
  return is_verbatim ? content.substr(std::min(kFormat, content.size())) : content;
}

std::string_view ReplyCursor::element() {
  wire::ReplyFramer framer(3);
  size_t size = 0;
  if (framer.feed(rest_, size) != wire::ReplyFramer::Status::kReply) size = rest_.size();
  const std::string_view whole = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return whole;
}

}  // namespace slotway::proxy
