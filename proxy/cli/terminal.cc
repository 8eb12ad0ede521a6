#include "proxy/cli/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace slotway::proxy::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kEraseLine = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";
constexpr std::string_view kPlainLook = "\x1b[0m";

std::string_view sequence_of(Look look) {
  switch (look) {
    case Look::kTitle:
      return "\x1b[1m";  // bold
    case Look::kAlert:
      return "\x1b[31m";  // red
    case Look::kPlain:
      break;
  }
  return "";
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody is there: the wait for keys finds that out
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace

bool has_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && kind && *kind &&
         std::string_view(kind) != "dumb";
}

ScreenSize screen_size(ScreenSize otherwise) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return otherwise;
  }
  return {size.ws_row, size.ws_col};
}

std::string drawing(const std::vector<ScreenLine>& lines, bool has_colors) {
  std::string bytes(kHome);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) bytes += "\r\n";
    // Before the text: behind one that fills the line it would erase the last character.
    bytes += i + 1 == lines.size() ? kEraseBelow : kEraseLine;
    const std::string_view look = has_colors ? sequence_of(lines[i].look) : "";
    bytes += look;
    bytes += lines[i].text;
    if (!look.empty()) bytes += kPlainLook;
  }
  return bytes;
}

Terminal::Terminal() {
  const char* const no_color = std::getenv("NO_COLOR");
  has_colors_ = !no_color || !*no_color;

  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);

  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  // Suspended, it would leave its screen to the shell.
  raw.c_cc[VSUSP] = _POSIX_VDISABLE;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kEnter);
}

Terminal::~Terminal() {
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  ::close(signals_);
}

void Terminal::draw(const std::vector<ScreenLine>& lines) {
  write_all(drawing(lines, has_colors_));
}

Terminal::Event Terminal::wait(Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    std::array<pollfd, 2> ready = {{{signals_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    const int count = ::poll(ready.data(), ready.size(), static_cast<int>(std::max<long>(left, 0)));
    if (count == 0) return Event::kTime;
    if (ready[0].revents != 0) {
      signalfd_siginfo signal{};
      const bool is_read = ::read(signals_, &signal, sizeof(signal)) == sizeof(signal);
      return is_read && signal.ssi_signo == SIGWINCH ? Event::kResized : Event::kEnd;
    }
    if (ready[1].revents != 0 && has_ending_key()) return Event::kEnd;
  }
}

bool Terminal::has_ending_key() {
  std::array<char, 64> keys{};
  const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
  if (count <= 0) return count == 0 || errno != EINTR;
  return std::any_of(keys.begin(), keys.begin() + count,
                     [](char c) { return c == 'q' || c == 'Q'; });
}

}  // namespace slotway::proxy::cli
