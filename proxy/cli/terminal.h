// Terminal: the whole screen of the terminal at stdin and stdout, for a program that redraws it.
//
// From its making to its end: the alternate screen, no cursor, keys without echo and line by line;
// SIGINT, SIGTERM, SIGHUP and SIGWINCH are blocked and come as events. The end restores all but the
// signals, which stay blocked. One at a time, on the main thread, before there are others.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

#include "proxy/cli/top_screen.h"

namespace slotway::proxy::cli {

// Whether stdin and stdout are one that knows ANSI's sequences (ECMA-48).
bool has_terminal();
// Of the terminal at stdout; `otherwise` if that is none, or does not know it.
ScreenSize screen_size(ScreenSize otherwise);

class Terminal {
 public:
  // Requires has_terminal().
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  void draw(const std::vector<ScreenLine>& lines);

  enum class Event { kTime, kResized, kEnd };  // kEnd: 'q', a signal, or nobody is there any more
  // Waits until then, at most.
  Event wait(std::chrono::steady_clock::time_point until);

 private:
  bool has_ending_key();

  termios before_{};
  int signals_ = -1;
  bool has_colors_ = true;
};

// As a terminal takes the lines: from the top, over what is there, without a scroll. Without
// colors, no other look either.
std::string drawing(const std::vector<ScreenLine>& lines, bool has_colors);

}  // namespace slotway::proxy::cli
