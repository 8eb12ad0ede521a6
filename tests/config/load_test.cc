#include "config/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/config/parse.h"

namespace slotway::config {

namespace {

constexpr std::string_view kLeast = "pools: { main: { shards: { a: { primary: embedded } } } }\n";

std::string top(std::string_view lines) { return std::string(lines) + "\n" + std::string(kLeast); }

// A directory of its own for the files of one test.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/slotway-config-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("the defaults") {
  const Config config = parsed(kLeast);
  REQUIRE(config.admin);
  CHECK(config.admin->address.text() == "127.0.0.1:9180");
  CHECK(config.workers >= 1);
  CHECK(config.workers <= 1024);
  CHECK(config.log.level == "info");
  CHECK(config.log.format == "text");
  CHECK(config.pools.size() == 1);
}

TEST_CASE("each setting of the top level") {
  const Config config =
      parsed(top("admin: \"[::1]:9999\"\nworkers: 010\nlog: { level: warn, format: json }"));
  CHECK(config.admin->address.text() == "[::1]:9999");
  CHECK(config.workers == 10);
  CHECK(config.log == Log{"warn", "json", false});
  CHECK(!parsed(top("admin: off")).admin);
  for (const char* level : {"debug", "info", "warn", "error"}) {
    CHECK(parsed(top("log: { level: " + std::string(level) + " }")).log.level == level);
  }
  CHECK(parsed(top("log: { audit: true }")).log == Log{.audit = true});
  CHECK(parsed(top("log:")).log == Log{});
}

TEST_CASE("pools keep the order of the file") {
  const Config config = parsed(
      "pools:\n"
      "  z: { listen: 127.0.0.1:1, shards: { a: { primary: a:1 } } }\n"
      "  a: { listen: 127.0.0.1:2, shards: { a: { primary: a:1 } } }\n");
  REQUIRE(config.pools.size() == 2);
  CHECK(config.pools[0].name == "z");
  CHECK(config.pools[1].name == "a");
}

TEST_CASE("an address to listen on knows its place in the file") {
  const auto place = [](const ListenAddress& address) { return place_text("f", address.at); };
  const Config least = parsed(kLeast);
  CHECK(place(least.admin->address) == "f:1:1");
  CHECK(place(least.pools[0].listen[0]) == "f:1:10");  // of the pool
  const Config config = parsed(
      "admin: 127.0.0.1:9181\n"
      "pools:\n"
      "  m:\n"
      "    listen:\n"
      "      - 127.0.0.1:6381\n"
      "      - unix:/run/s.sock\n"
      "    shards: { a: { primary: embedded } }\n");
  CHECK(place(config.admin->address) == "f:1:8");
  CHECK(place(config.pools[0].listen[0]) == "f:5:9");
  CHECK(place(config.pools[0].listen[1]) == "f:6:9");
}

TEST_CASE("where something stands makes no difference") {
  CHECK(parsed("# a remark\n" + std::string(kLeast)) == parsed(kLeast));
  CHECK(parsed(pool_with("listen: [127.0.0.1:1]")) == parsed(pool_with("listen: 127.0.0.1:1")));
}

TEST_CASE("equal texts give equal configurations, others do not") {
  CHECK(parsed(kLeast) == parsed(top("admin: 127.0.0.1:9180")));
  CHECK(!(parsed(kLeast) == parsed(top("admin: off"))));
}

TEST_CASE("errors of the top level") {
  const std::string missing =
      "'pools' is missing in the file, expected a mapping of names to pools";
  CHECK(error_in("") == "1:1: " + missing);
  CHECK(error_in("# nothing\n") == "1:1: " + missing);
  CHECK(error_in("workers: 2\n") == "1:1: " + missing);
  CHECK(error_in("pools:\n") ==
        "1:1: pools: expected a mapping with at least one name, got nothing");
  CHECK(error_in("\npools: {}\n") ==
        "2:8: pools: expected a mapping with at least one name, got an empty mapping");
  CHECK(error_in("pools: [main]\n") ==
        "1:8: pools: expected a mapping with at least one name, got a list");
  CHECK(error_in("hello\n") == "1:1: the file: expected a mapping, got 'hello'");
  CHECK(error_in("- a\n") == "1:1: the file: expected a mapping, got a list");
  CHECK(error_in(top("worker: 2")) ==
        "1:1: unknown key 'worker' in the file, did you mean 'workers'?");
  CHECK(error_in(top("tls: {}")) ==
        "1:1: unknown key 'tls' in the file, expected one of admin, workers, pools, log, observe");
  CHECK(error_in(top("pools: {}")).starts_with("2:1: expected each key once, got 'pools' again"));
  CHECK(error_in(top("workers: 0")) ==
        "1:10: workers: expected a whole number from 1 to 1024, got '0'");
  CHECK(error_in(top("workers: [2]")) ==
        "1:10: workers: expected a whole number from 1 to 1024, got a list");
  CHECK(error_in(top("admin: unix:/x")) ==
        "1:8: admin: expected an IP address and port such as 127.0.0.1:9180, \"[::1]:9180\" in "
        "quotes, or off, got 'unix:/x'");
  CHECK(error_in(top("admin:")).starts_with("1:1: admin: expected an IP address"));
  CHECK(error_in(top("log: { level: loud }")) ==
        "1:15: level: expected debug, info, warn or error, got 'loud'");
  CHECK(error_in(top("log: { format: xml }")) == "1:16: format: expected text or json, got 'xml'");
  CHECK(error_in(top("log: { file: x }")) ==
        "1:8: unknown key 'file' in log, expected one of level, format, audit");
}

TEST_CASE("an error names the file and stays one line") {
  const Result<Config> result = parse_config("x", "a\nb.yaml", read_test_file);
  REQUIRE(!result.ok());
  CHECK(result.error().message == "a?b.yaml:1:1: the file: expected a mapping, got 'x'");
  CHECK(error_in("pools: { \"a\\nb\": 1 }").find('\n') == std::string::npos);
  CHECK(error_in("pools: { m: { listen: [unix:/\xc3\xa9, unix:/\xc3\xa9], shards: { a: { primary: "
                 "embedded } } } }") ==
        "1:34: listen: expected an address of its own, unix:/\\xc3\\xa9 is taken by pool m");
}

TEST_CASE("the text cut at every byte is accepted or refused in one line") {
  const std::string text =
      "admin: 127.0.0.1:9180\nworkers: 2\npools:\n  main:\n    listen: [\"[::1]:6380\"]\n"
      "    auth: { password_file: /run/pass }\n    shards:\n"
      "      a: { primary: a:1, slots: [0-1, 2] }\n      b: { primary: embedded, slots: 3-16383 }\n"
      "    timeouts: { idle: 0s }\n    limits: { clients: 5 }\n";
  CHECK(parse(text).ok());
  for (size_t size = 0; size < text.size(); ++size) {
    const Result<Config> result = parse(std::string_view(text).substr(0, size));
    if (!result.ok()) {
      CHECK(result.error().message.starts_with("dir/f.yaml:"));
      CHECK(result.error().message.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("a configuration on disk, with a password file beside it") {
  const Directory directory;
  directory.write("secret", "on disk\n");
  const std::string file = directory.write(
      "slotway.yaml",
      "pools: { main: { auth: { password_file: secret }, shards: { a: { primary: embedded } } } }");
  const Result<Config> result = load_config(file);
  REQUIRE(result.ok());
  CHECK(result->pools[0].users.at(0).passwords.at(0) == wire::sha256("on disk"));
}

TEST_CASE("files that cannot be read") {
  const Directory directory;
  const std::string expected = ":1:1: expected a readable configuration file: ";
  const auto error_of = [](const std::string& path) {
    const Result<Config> result = load_config(path);
    return result.ok() ? std::string() : result.error().message;
  };
  const std::string none = directory.path() + "/none";
  CHECK(error_of(none) == none + expected + "No such file or directory");
  CHECK(error_of(directory.path()) == directory.path() + expected + "not a regular file");
  CHECK(error_of("/dev/zero") == "/dev/zero" + expected + "not a regular file");
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(error_of(fifo) == fifo + expected + "not a regular file");
  const std::string large = directory.write("large", std::string(kMaxFileSize + 1, '#'));
  CHECK(error_of(large) == large + expected + "larger than 1 MiB");
}

TEST_CASE("reading a file gives its bytes as they are") {
  const Directory directory;
  const std::string bytes = std::string("a\0b\r\n", 5) + std::string(100'000, 'x');
  const Result<std::string> read = read_file(directory.write("bytes", bytes));
  REQUIRE(read.ok());
  CHECK(*read == bytes);
  const Result<std::string> largest =
      read_file(directory.write("largest", std::string(kMaxFileSize, '#')));
  REQUIRE(largest.ok());
  CHECK(largest->size() == kMaxFileSize);
}

}  // namespace slotway::config
