#include "config/fault.h"

namespace slotway::config {

namespace {

constexpr size_t kMaxShown = 64;

}  // namespace

Error FirstFault::error(std::string_view file_name) const {
  return {"config", place_text(file_name, fault_->at) + ": " + fault_->message};
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
