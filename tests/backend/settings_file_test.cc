#include "backend/settings_file.h"

#include <doctest/doctest.h>

#include "backend/settings_table.h"

namespace slotway::backend {

TEST_CASE("names and values as redis.conf has them") {
  Settings settings;
  const Status read = read_settings(
      "# a comment\n\nport 7005\r\nbind 127.0.0.1 ::1\nrequirepass \"with space\"\n"
      "save \"\"\nappendonly no\nmaxclients 12\nproto-max-bulk-len 2mb\nLogLevel warning\n"
      "timeout 30\nunixsocket @name\ndatabases 4\npartial-timeout 3\nstalled-timeout 0\n"
      "client-output-limit 3mb",
      "x.conf", settings);
  REQUIRE(read.ok());
  CHECK(settings.port == 7005);
  CHECK(settings.bind == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(settings.password == "with space");
  CHECK(settings.max_clients == 12);
  CHECK(settings.max_bulk_size == 2 << 20);
  CHECK(settings.log_level == 3);
  CHECK(settings.idle_seconds == 30);
  CHECK(settings.partial_seconds == 3);
  CHECK(settings.stalled_seconds == 0);
  CHECK(settings.max_output == 3 << 20);
  CHECK(settings.unix_socket == "@name");
  CHECK(settings.databases == 4);
}

TEST_CASE("when values are given back may be said in any way") {
  for (const std::string_view name :
       {"lazyfree-lazy-eviction", "lazyfree-lazy-expire", "lazyfree-lazy-server-del",
        "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush"}) {
    CAPTURE(name);
    Settings settings;
    CHECK(find_setting(name)->value(settings) == "no");
    REQUIRE(read_settings(std::string(name) + " yes\n", "x.conf", settings).ok());
    CHECK(find_setting(name)->value(settings) == "yes");
    CHECK(set_setting(settings, name, "NO").empty());
    CHECK(find_setting(name)->value(settings) == "no");
    CHECK(set_setting(settings, name, "maybe") == "argument must be 'yes' or 'no'");
  }
}

TEST_CASE("what is wrong is named with its line") {
  const std::pair<std::string, std::string> cases[] = {
      {"port 1\nnope 2\n", "x.conf:2: 'nope': unknown setting"},
      {"port\n", "x.conf:1: expected a value behind 'port'"},
      {"port 70000\n", "x.conf:1: 'port': argument must be between 0 and 65535 inclusive"},
      {"\n\nport x\n", "x.conf:3: 'port': argument couldn't be parsed into an integer"},
      {"appendonly yes\n", "x.conf:1: 'appendonly': this server knows the value 'no' alone"},
      {"requirepass \"open\n", "x.conf:1: unbalanced quotes"},
      {"client-output-limit 1k\n",
       "x.conf:1: 'client-output-limit': argument must be between 1048576 and "
       "9223372036854775807 inclusive"},
      // These tests run on an allocator that cannot be asked.
      {"activedefrag yes\n",
       "x.conf:1: 'activedefrag': Active defragmentation cannot be enabled: it needs mimalloc "
       "2.0.9 "
       "as the allocator"},
      {"databases 0\n", "x.conf:1: 'databases': argument must be between 1 and 1024 inclusive"},
  };
  for (const auto& [text, message] : cases) {
    Settings settings;
    const Status read = read_settings(text, "x.conf", settings);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message == message);
  }
  Settings settings;
  const Status missing = read_settings_file("/nonexistent/x.conf", settings);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message == "/nonexistent/x.conf: No such file or directory");
}

TEST_CASE("every setting that can be set takes back what it gives") {
  for (const SettingRow* const row : setting_rows()) {
    Settings settings;
    CAPTURE(row->name);
    const std::string value = row->value(settings);
    CHECK(set_setting(settings, row->name, value).empty());
    CHECK(row->value(settings) == value);
    if (row->old_name.empty()) continue;
    CHECK(find_setting(row->old_name) == row);
  }
}

TEST_CASE("rewritten settings are the ones that were there with new values, and what differs") {
  Settings settings;
  settings.password = "a \"b\\\n";
  settings.max_clients = 7;
  settings.hash_listpack_entries = 3;
  const std::string old =
      "# mine\nmaxclients 12\n\nhash-max-ziplist-entries 9\nhash-max-listpack-entries 8\n"
      "bind 127.0.0.1\n# end";
  const std::string text = rewritten_settings(old, settings);
  CHECK(text ==
        "# mine\nmaxclients 7\n\nhash-max-listpack-entries 3\nbind 127.0.0.1\n# end\n"
        "# Written by CONFIG REWRITE\nrequirepass \"a \\\"b\\\\\\x0a\"\n");
  Settings again;
  REQUIRE(read_settings(text, "x.conf", again).ok());
  for (const SettingRow* const row : setting_rows()) {
    CHECK(row->value(again) == row->value(settings));
  }
  CHECK(rewritten_settings(text, settings) == text);
}

}  // namespace slotway::backend
