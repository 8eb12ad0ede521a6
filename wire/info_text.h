// InfoText: the text of an INFO reply, as it grows by sections and lines.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace slotway::wire {

class InfoText {
 public:
  void section(std::string_view title) {
    if (!text_.empty()) text_ += "\r\n";
    text_ += "# " + std::string(title) + "\r\n";
  }
  void line(std::string_view name, std::string_view value) {
    text_ += std::string(name) + ":" + std::string(value) + "\r\n";
  }
  template <typename Number>
  void line(std::string_view name, Number value) requires std::is_integral_v<Number> {
    line(name, std::string_view(std::to_string(value)));
  }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace slotway::wire
