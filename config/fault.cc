#include "config/fault.h"

#include <algorithm>

namespace slotway::config {

namespace {

constexpr size_t kMaxShown = 64;

}  // namespace

Error FirstFault::error(std::string_view file_name) const {
  std::string message(file_name);
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c == '\n' || c == '\r'; }, '?');
  message += ':' + std::to_string(fault_->at.line) + ':' + std::to_string(fault_->at.column);
  message += ": " + fault_->message;
  return {"config", std::move(message)};
}

std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const char c : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  if (text.size() > kMaxShown) result += "...";
  return result;
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace slotway::config
