// `slotway top`: asks, draws, waits.
#include <chrono>
#include <cstdio>

#include "proxy/cli/commands.h"
#include "proxy/cli/terminal.h"
#include "proxy/cli/text.h"
#include "proxy/cli/top_screen.h"

namespace slotway::proxy::cli {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr ScreenSize kSizeWithoutTerminal = {50, 120};

Result<TopAnswers> ask_all(ApiClient& client) {
  struct Page {
    Json TopAnswers::*answer;
    const char* name;
    ApiClient::Query query = {};
  };
  static const std::vector<Page> pages = {
      {&TopAnswers::version, "version"},  {&TopAnswers::history, "history", {{"seconds", "1"}}},
      {&TopAnswers::shards, "shards"},    {&TopAnswers::hot_keys, "hotkeys"},
      {&TopAnswers::slow_log, "slowlog"}, {&TopAnswers::big_keys, "bigkeys"},
  };
  TopAnswers answers;
  for (const Page& page : pages) {
    Result<Json> answer = client.get(page.name, page.query);
    if (!answer.ok()) return answer.error();
    answers.*page.answer = std::move(*answer);
  }
  return answers;
}

void print(const std::vector<ScreenLine>& lines) {
  for (const ScreenLine& line : lines) std::printf("%s\n", line.text.c_str());
}

// The last answers, and above them what is wrong since, if anything is.
void draw(Terminal& terminal, const TopAnswers& answers, const std::string& error) {
  const ScreenSize size = screen_size(kSizeWithoutTerminal);
  std::vector<ScreenLine> lines = top_screen(answers, size);
  if (!error.empty() && !lines.empty()) lines[0] = {cut(error, size.columns), Look::kAlert};
  terminal.draw(lines);
}

}  // namespace

Status top(ApiClient& client, const TopOptions& options) {
  if (!options.is_once && !has_terminal()) {
    return Error{"TERMINAL", "top: expected a terminal at stdin and stdout, or --once"};
  }
  Result<TopAnswers> asked = ask_all(client);
  if (!asked.ok()) return asked.error();
  TopAnswers answers = std::move(*asked);
  if (options.is_once) {
    print(top_screen(answers, screen_size(kSizeWithoutTerminal)));
    return success();
  }
  std::string error;
  Terminal terminal;
  for (auto next = Clock::now();;) {
    draw(terminal, answers, error);
    switch (terminal.wait(next + milliseconds(options.interval_ms))) {
      case Terminal::Event::kEnd:
        return success();
      case Terminal::Event::kResized:
        break;
      case Terminal::Event::kTime:
        next = Clock::now();
        asked = ask_all(client);
        error = asked.ok() ? "" : asked.error().message;
        if (asked.ok()) answers = std::move(*asked);
    }
  }
}

}  // namespace slotway::proxy::cli
