#include "wire/glob.h"

#include <utility>

namespace slotway::wire {

namespace {

// Redis compares signed characters in a range, on the machines that it usually runs on.
using Byte = signed char;

Byte folded(char c, bool ignore_case) {
  return static_cast<Byte>(ignore_case && c >= 'A' && c <= 'Z' ? c + 32 : c);
}

class Matcher {
 public:
  Matcher(std::string_view pattern, bool ignore_case)
      : pattern_(pattern), ignore_case_(ignore_case) {}

  bool matches(std::string_view text) {
    size_t read = 0;
    size_t after_star = 0;  // where to go on in the pattern; 0: no star yet
    size_t retry = 0;       // what the last star has taken of the text, and the next byte
    while (read < text.size()) {
      if (at('*')) {
        after_star = ++position_;
        retry = read;
        if (after_star == pattern_.size()) return true;
      } else if (position_ < pattern_.size() && element_matches(text[read])) {
        ++read;
      } else if (after_star != 0) {
        position_ = after_star;
        read = ++retry;
      } else {
        return false;
      }
    }
    while (at('*')) ++position_;
    return position_ == pattern_.size();
  }

 private:
  bool at(char c) const { return position_ < pattern_.size() && pattern_[position_] == c; }
  size_t left() const { return pattern_.size() - position_; }

  bool same(char a, char b) const { return folded(a, ignore_case_) == folded(b, ignore_case_); }

  // Steps over one element of the pattern, which stands for one byte.
  bool element_matches(char byte) {
    const char element = pattern_[position_++];
    if (element == '?') return true;
    if (element == '[') return class_matches(byte);
    if (element == '\\' && left() > 0) return same(pattern_[position_++], byte);
    return same(element, byte);
  }

  // Steps over what follows a '[', with the closing ']'.
  bool class_matches(char byte) {
    const bool inverted = at('^');
    if (inverted) ++position_;
    bool found = false;
    while (left() > 0 && !at(']')) {
      if (at('\\') && left() >= 2) {
        // Redis looks at the case here even if it is to be ignored.
        found |= pattern_[position_ + 1] == byte;
        position_ += 2;
      } else if (left() >= 3 && pattern_[position_ + 1] == '-') {
        found |= range_holds(pattern_[position_], pattern_[position_ + 2], byte);
        position_ += 3;
      } else {
        found |= same(pattern_[position_], byte);
        ++position_;
      }
    }
    if (left() > 0) ++position_;
    return found != inverted;
  }

  bool range_holds(char first, char last, char byte) const {
    if (static_cast<Byte>(first) > static_cast<Byte>(last)) std::swap(first, last);
    const Byte b = folded(byte, ignore_case_);
    return b >= folded(first, ignore_case_) && b <= folded(last, ignore_case_);
  }

  std::string_view pattern_;
  size_t position_ = 0;
  bool ignore_case_;
};

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  return Matcher(pattern, ignore_case).matches(text);
}

}  // namespace slotway::wire
