// A double as Redis prints it: 17 significant digits in the shorter of the two forms of printf's
// "%.17g", "inf", "-inf", "nan".
#pragma once

#include <string_view>

namespace slotway::wire {

class RealText {
 public:
  explicit RealText(double value);
  RealText(const RealText&) = delete;
  RealText& operator=(const RealText&) = delete;

  // Good as long as the object is.
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[40];
  size_t size_;
};

}  // namespace slotway::wire
