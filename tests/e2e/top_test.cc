// `slotway top` at a real terminal, that of tmux.

#include <atomic>
#include <sstream>
#include <thread>

#include "tests/e2e/api.h"
#include "tests/e2e/hot_keys.h"

namespace slotway::tests {

namespace {

// A tmux of its own with one window, in which a shell waits for commands. With the shell it ends
// after two minutes at the latest, whatever becomes of the test; an interactive shell hears no
// SIGTERM.
class Tmux {
 public:
  Tmux() {
    run({"-f", "/dev/null", "-u", "new-session", "-d", "-x", "100", "-y", "30",
         "PS1='shell> ' timeout --foreground -s KILL 120 sh"});
  }
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;
  ~Tmux() { run({"kill-server"}); }

  std::string run(std::vector<std::string> arguments) const {
    std::vector<std::string> all = {
        "env",  "-u", "TMUX", "TMUX_TMPDIR=" + directory_.path(), "LC_ALL=C.UTF-8",
        "tmux", "-L", "top"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_program(all).output;
  }
  void type(const std::string& keys) const { run({"send-keys", "-l", keys}); }
  void enter(const std::string& command) const {
    REQUIRE(comes_to_show("shell>"));
    type(command);
    run({"send-keys", "Enter"});
  }
  void resize(const std::string& x, const std::string& y) const {
    run({"resize-window", "-x", x, "-y", y});
  }
  // The text on the screen; with its colors, as sequences.
  std::string screen() const { return run({"capture-pane", "-p"}); }
  std::string colored() const { return run({"capture-pane", "-p", "-e"}); }
  bool comes_to_show(const std::string& text) const {
    return eventually([&] { return screen().find(text) != std::string::npos; });
  }
  // "1 0": the alternate screen is on, the cursor is hidden.
  std::string modes() const { return run({"display", "-p", "#{alternate_on} #{cursor_flag}"}); }
  // Of the window's terminal, as stty tells them, while the shell waits.
  std::string terminal_settings() const {
    REQUIRE(comes_to_show("shell>"));
    std::string name = run({"display", "-p", "#{pane_tty}"});
    name.pop_back();
    return run_program({"stty", "-a", "-F", name}).output;
  }
  std::string file(const std::string& name) const { return directory_.file(name); }

 private:
  TempDir directory_;
};

std::string top_command(const ProxyProcess& proxy) {
  return std::string(SLOTWAY_PATH) +
         " top --interval 200ms --admin 127.0.0.1:" + std::to_string(proxy.admin_port());
}

// Asks for one key more than for others until the end.
class HotLoad {
 public:
  explicit HotLoad(const ProxyProcess& proxy)
      : thread_([this, &proxy] {
          RespClient client = proxy.client();
          while (!stop_) {
            std::string bytes;
            for (int i = 0; i < 20; ++i) bytes += encode_request({"GET", "rose"});
            for (int i = 0; i < 5; ++i) {
              bytes += encode_request({"SET", "key" + std::to_string(i), "x"});
            }
            client.exchange(bytes, 25);
            std::this_thread::sleep_for(milliseconds(2));
          }
        }) {}
  HotLoad(const HotLoad&) = delete;
  HotLoad& operator=(const HotLoad&) = delete;
  ~HotLoad() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// The word at `index` of the line that starts with the word; empty if there is no such line.
std::string word_of_line(const std::string& screen, const std::string& first, int index) {
  std::istringstream lines(screen);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != first) continue;
    for (int i = 0; i < index; ++i) words >> word;
    return word;
  }
  return "";
}

struct TwoShards {
  RedisServer a;
  RedisServer b;
  ProxyProcess proxy{{.shards = {{"a", a.address(), "0-8191"}, {"b", b.address(), "8192-16383"}},
                      .pool = {kAllHot},
                      .workers = 2}};
};

}  // namespace

TEST_CASE("slotway top: shards, hot keys and rates that change") {
  TwoShards served;
  const Tmux tmux;
  const std::string settings = tmux.terminal_settings();
  tmux.enter(top_command(served.proxy) + "; echo ended $?");
  {
    const HotLoad load(served.proxy);
    REQUIRE(eventually([&] {
      const std::string screen = tmux.screen();
      return word_of_line(screen, "a", 1) == "up" && word_of_line(screen, "b", 1) == "up" &&
             word_of_line(screen, "a", 2) != "0" && !word_of_line(screen, "rose", 1).empty();
    }));
    CHECK(tmux.modes() == "1 0\n");
    CHECK(tmux.screen().starts_with("slotway "));
    const std::string before = word_of_line(tmux.screen(), "requests/s", 1);
    CHECK(eventually([&] {
      const std::string now = word_of_line(tmux.screen(), "requests/s", 1);
      return !now.empty() && now != "0" && now != before;
    }));
  }
  // Without load they come to 0; a shard that is gone is seen, in red.
  CHECK(eventually([&] { return word_of_line(tmux.screen(), "requests/s", 1) == "0"; }));
  served.b.kill();
  CHECK(eventually([&] { return word_of_line(tmux.screen(), "b", 1) == "down"; }));
  CHECK(tmux.colored().find("\x1b[31mb ") != std::string::npos);

  tmux.type("q");
  REQUIRE(tmux.comes_to_show("ended 0"));
  CHECK(tmux.modes() == "0 1\n");
  CHECK(tmux.screen().find("requests/s") == std::string::npos);
  CHECK(tmux.terminal_settings() == settings);
}

TEST_CASE("slotway top: fits a window that changes its size") {
  TwoShards served;
  const Tmux tmux;
  tmux.enter("NO_COLOR=1 " + top_command(served.proxy));
  REQUIRE(tmux.comes_to_show("BIG KEYS"));
  CHECK(tmux.screen().find(served.a.address()) != std::string::npos);
  CHECK(tmux.colored().find("\x1b[") == std::string::npos);
  tmux.resize("40", "8");
  CHECK(eventually([&] {
    const std::string screen = tmux.screen();
    return screen.find("BIG KEYS") == std::string::npos && screen.starts_with("slotway ") &&
           word_of_line(screen, "requests/s", 1) == "0" && screen.find("..\n") != std::string::npos;
  }));
  tmux.resize("120", "40");
  CHECK(tmux.comes_to_show("BIG KEYS"));
}

TEST_CASE("slotway top: signals end it, and the terminal is as before") {
  TwoShards served;
  const Tmux tmux;
  const std::string settings = tmux.terminal_settings();
  for (const std::string end : {"C-c", "TERM"}) {
    CAPTURE(end);
    tmux.enter("clear; sh -c 'echo $$ > " + tmux.file("pid") + "; exec " +
               top_command(served.proxy) + "'; echo ended $?");
    REQUIRE(tmux.comes_to_show("BIG KEYS"));
    CHECK(tmux.modes() == "1 0\n");
    if (end == "TERM") {
      run_program({"sh", "-c", "kill -TERM $(cat " + tmux.file("pid") + ")"});
    } else {
      tmux.run({"send-keys", end});
    }
    REQUIRE(tmux.comes_to_show("ended 0"));
    CHECK(tmux.modes() == "0 1\n");
    CHECK(tmux.terminal_settings() == settings);
  }
}

TEST_CASE("slotway top: a proxy that is gone is told of until it is back") {
  TwoShards served;
  const Tmux tmux;
  tmux.enter(top_command(served.proxy));
  REQUIRE(tmux.comes_to_show("BIG KEYS"));
  served.proxy.process().suspend();
  CHECK(tmux.comes_to_show("http://127.0.0.1:"));
  CHECK(word_of_line(tmux.screen(), "a", 1) == "up");  // what was known last
  served.proxy.process().resume();
  CHECK(eventually([&] { return tmux.screen().starts_with("slotway "); }));
}

}  // namespace slotway::tests
