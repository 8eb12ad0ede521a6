// FirstFault: the first thing found wrong in a configuration, and where.
//
// The readers note faults and go on with defaults, so that they need no branch behind each value;
// what follows from an earlier fault is dropped. Lives on the stack of one parse.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/position.h"
#include "wire/result.h"

namespace slotway::config {

class FirstFault {
 public:
  // `message` says what was expected, in one line of printable ASCII.
  void note(Position at, std::string message) {
    if (!fault_) fault_ = Fault{at, std::move(message)};
  }
  bool found() const { return fault_.has_value(); }

  // "FILE:LINE:COLUMN: message". Requires found().
  Error error(std::string_view file_name) const;

 private:
  struct Fault {
    Position at;
    std::string message;
  };
  std::optional<Fault> fault_;
};

// Text from outside, fit for a message: as printable ASCII, cut at 64 bytes; the same in quotes.
std::string printable(std::string_view text);
std::string quoted(std::string_view text);

}  // namespace slotway::config
