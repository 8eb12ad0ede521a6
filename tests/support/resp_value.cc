#include "tests/support/resp_value.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace slotway::tests {

namespace {

int64_t number_in(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error("no number: " + std::string(text));
  }
  return value;
}

// Recursive, as replies in tests are shallow.
bool take(std::string_view& bytes, RespValue& value) {
  const size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return false;
  value.type = bytes[0];
  value.text = bytes.substr(1, end - 1);
  bytes.remove_prefix(end + 2);
  switch (value.type) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '(':
      return true;
    case '_':
      value.null = true;
      return true;
    case '$':
    case '=':
    case '!': {
      const int64_t size = number_in(value.text);
      value.null = size < 0;
      if (value.null) return true;
      const auto length = static_cast<size_t>(size);
      if (bytes.size() < length + 2) return false;
      value.text = bytes.substr(0, length);
      if (bytes.substr(length, 2) != "\r\n") throw std::runtime_error("bulk without its CRLF");
      bytes.remove_prefix(length + 2);
      return true;
    }
    case '*':
    case '~':
    case '>':
    case '%': {
      const int64_t count = number_in(value.text) * (value.type == '%' ? 2 : 1);
      value.null = count < 0;
      for (int64_t i = 0; i < count; ++i) {
        if (bytes.empty() || !take(bytes, value.items.emplace_back())) return false;
      }
      value.text.clear();
      return true;
    }
    default:
      throw std::runtime_error(std::string("no RESP type: ") + value.type);
  }
}

}  // namespace

int64_t RespValue::integer() const {
  if (type != ':') throw std::runtime_error("no integer: " + to_string());
  return number_in(text);
}

const RespValue* RespValue::find(std::string_view key) const {
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].text == key) return &items[i + 1];
  }
  return nullptr;
}

std::vector<std::string> RespValue::texts() const {
  std::vector<std::string> all;
  for (const RespValue& item : items) all.push_back(item.text);
  return all;
}

std::string RespValue::to_string() const {
  if (null) return std::string(1, type) + "null";
  std::string line = type + text;
  if (std::string_view("*~>%").find(type) == std::string_view::npos) return line;
  line += std::to_string(items.size()) + "[";
  for (const RespValue& item : items) {
    if (line.back() != '[') line += ' ';
    line += item.to_string();
  }
  return line + "]";
}

std::optional<RespValue> take_value(std::string_view& bytes) {
  std::string_view rest = bytes;
  RespValue value;
  if (rest.empty() || !take(rest, value)) return std::nullopt;
  bytes = rest;
  return value;
}

bool ReplyScanner::scan(std::string_view bytes) {
  while (values_left_ > 0) {
    const size_t end = bytes.find("\r\n", position_);
    if (end == std::string_view::npos) return false;
    const char type = bytes[position_];
    const std::string_view rest = bytes.substr(position_ + 1, end - position_ - 1);
    size_t after = end + 2;
    int64_t inside = 0;
    if (std::string_view("$=!").find(type) != std::string_view::npos) {
      const int64_t size = number_in(rest);
      if (size >= 0) after += static_cast<size_t>(size) + 2;
      if (after > bytes.size()) return false;
    } else if (std::string_view("*~>%").find(type) != std::string_view::npos) {
      inside = std::max<int64_t>(number_in(rest), 0) * (type == '%' ? 2 : 1);
    }
    position_ = after;
    values_left_ += inside - 1;
  }
  size_ = position_;
  position_ = 0;
  values_left_ = 1;
  return true;
}

std::string encode_request(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

}  // namespace slotway::tests
