#include "proxy/scripts/readonly_scripts.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

TEST_CASE("a script says in its first line that it does not write") {
  CHECK(declares_no_writes("#!lua flags=no-writes\nreturn 1"));
  CHECK(declares_no_writes("#!lua name=f flags=allow-stale,no-writes\r\nreturn 1"));
  CHECK(declares_no_writes("#!lua flags=no-writes,allow-stale"));
  for (const std::string_view script :
       {"", "return 1", "#!lua\nreturn 1", "#!lua\n flags=no-writes",
        "#!lua flags=", "#!lua flags=,", "#!lua flags=no-writes-at-all\n", "flags=no-writes",
        "#!lua flags=allow-stale no-writes"}) {
    CAPTURE(script);
    CHECK(!declares_no_writes(script));
  }
}

TEST_CASE("the functions that do not write are found in the reply to FUNCTION LIST") {
  const std::string reply =
      "*2\r\n"
      "*6\r\n$12\r\nlibrary_name\r\n$1\r\na\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*"
      "2\r\n"
      "*6\r\n$4\r\nname\r\n$2\r\nr1\r\n$11\r\ndescription\r\n$-1\r\n$5\r\nflags\r\n"
      "*1\r\n+no-writes\r\n"
      "*6\r\n$4\r\nname\r\n$2\r\nw1\r\n$11\r\ndescription\r\n$-1\r\n$5\r\nflags\r\n*0\r\n"
      "*6\r\n$12\r\nlibrary_name\r\n$1\r\nb\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*"
      "1\r\n"
      "*6\r\n$4\r\nname\r\n$2\r\nr2\r\n$11\r\ndescription\r\n$1\r\nx\r\n$5\r\nflags\r\n"
      "*2\r\n+allow-stale\r\n+no-writes\r\n";
  CHECK(readonly_functions(reply) == std::vector<std::string>{"r1", "r2"});
  for (const std::string_view other : {"", "-ERR unknown command\r\n", "*0\r\n", "*1\r\n*-1\r\n",
                                       "*1\r\n:1\r\n", "*1\r\n*2\r\n$9\r\nfunctions\r\n:1\r\n"}) {
    CHECK(readonly_functions(other).empty());
  }
}

TEST_CASE("a script that clients have brought is known by its digest in any case") {
  ScriptCache cache;
  Scripts brought(cache);
  ReadonlyScripts scripts(brought);
  const std::string_view reads = "#!lua flags=no-writes\nreturn 1";
  const std::string_view load[] = {"SCRIPT", "LOAD", reads};
  const std::string_view by_digest[] = {"EVALSHA", "77F21361171213377CB083E2FFC2AE24FFDFF8FB", "0"};
  const std::string_view run[] = {"EVAL", reads, "0"};
  const std::string_view writes[] = {"EVAL", "return 1", "0"};
  CHECK(!scripts.runs_one(*wire::find_command(by_digest), by_digest));
  CHECK(!scripts.runs_one(*wire::find_command(load), load));
  brought.learn(reads);
  CHECK(scripts.runs_one(*wire::find_command(by_digest), by_digest));
  CHECK(scripts.runs_one(*wire::find_command(run), run));
  CHECK(!scripts.runs_one(*wire::find_command(writes), writes));
  const std::string_view call[] = {"FCALL", "f", "0"};
  CHECK(!scripts.runs_one(*wire::find_command(call), call));
  scripts.add_functions({"f"});
  CHECK(scripts.runs_one(*wire::find_command(call), call));
  scripts.forget_functions();
  CHECK(!scripts.runs_one(*wire::find_command(call), call));
}

}  // namespace slotway::proxy
