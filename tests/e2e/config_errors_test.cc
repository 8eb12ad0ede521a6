// Configurations with a fault: the program says where it is and what was expected, and does not
// start.

#include <doctest/doctest.h>

#include "tests/e2e/shards.h"

namespace slotway::tests {

namespace {

struct Fault {
  std::string yaml;
  std::string place;  // "line:column"
  std::string part;   // of the message
};

const std::string kTwoShards =
    "      a: { primary: 127.0.0.1:7001, slots: 0-8191 }\n"
    "      b: { primary: 127.0.0.1:7002, slots: 8192-16383 }\n";
const std::string kPool = "pools:\n  main:\n    shards:\n";

const Fault kFaults[] = {
    {"", "1:1", "pools"},
    {"pools: {}\n", "1:8", "pools"},
    {kPool + kTwoShards + "nonsense: 1\n", "6:1", "nonsense"},
    {kPool + kTwoShards + "    colour: red\n", "6:5", "colour"},
    {kPool + kTwoShards + "    timeouts: { requst: 1s }\n", "6:17", "request"},
    {kPool + kTwoShards + "    timeouts: { request: soon }\n", "6:26", "expected"},
    {kPool + kTwoShards + "    limits: { clients: 0 }\n", "6:24", "clients"},
    {kPool + kTwoShards + "    limits: [1]\n", "6:13", "limits"},
    {kPool + kTwoShards + "    listen: nowhere\n", "6:13", "listen"},
    {kPool + kTwoShards + "    listen: 127.0.0.1:70000\n", "6:13", "listen"},
    {kPool + kTwoShards + "    listen: 0.0.0.0:6380\n", "6:13", "protected"},
    {kPool + kTwoShards + "    auth: { password_file: /no/such/file }\n", "6:13", "/no/such/file"},
    {kPool + kTwoShards + "      a: { primary: 127.0.0.1:7003 }\n", "6:7", "a"},
    {kPool + "      a: { primary: 127.0.0.1, slots: 0-16383 }\n", "4:21", "primary"},
    {kPool + "      a: { slots: 0-16383 }\n", "4:7", "primary"},
    {kPool + "      a: { primary: 127.0.0.1:7001, slots: 0-8000 }\n", "3:5", "8001-16383"},
    {kPool + "      a: { primary: 127.0.0.1:7001, slots: 0-16384 }\n", "4:44", "slots"},
    {kPool + "      a: { primary: 127.0.0.1:7001, slots: 0-9000 }\n"
             "      b: { primary: 127.0.0.1:7002, slots: 9000-16383 }\n",
     "5:44", "'a'"},
    {kPool + "      a: { primary: 127.0.0.1:7001 }\n      b: { primary: 127.0.0.1:7001 }\n", "5:21",
     "'a'"},
    {"workers: many\n" + kPool + kTwoShards, "1:10", "workers"},
    {"log: { level: loud }\n" + kPool + kTwoShards, "1:15", "debug"},
    {"pools: [\n", "2:1", "expected"},
    {"pools:\n\tmain: 1\n", "2:6", "tab"},
};

Finished run_slotway(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SLOTWAY_PATH);
  return run_program(std::move(arguments));
}

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

}  // namespace

TEST_CASE("a fault in the file is named by its place, by `check` and at the start") {
  const TempDir directory;
  for (const Fault& fault : kFaults) {
    CAPTURE(fault.yaml);
    const std::string file = directory.write("slotway.yaml", fault.yaml);
    for (const Finished& run : {run_slotway({"check", file}), run_slotway({"--config", file})}) {
      CAPTURE(run.output);
      CHECK(run.code == 1);
      CHECK(is_one_line(run.output));
      CHECK(run.output.starts_with(file + ":" + fault.place + ":"));
      CHECK(run.output.find(fault.part) != std::string::npos);
    }
  }
}

TEST_CASE("a file that cannot be read is an error, and so is none") {
  const TempDir directory;
  for (const std::string& file : {directory.file("absent.yaml"), directory.path()}) {
    const Finished check = run_slotway({"check", file});
    CHECK(check.code == 1);
    CHECK(check.output.find(file) != std::string::npos);
    CHECK(run_slotway({"--config", file}).code == 1);
  }
  CHECK(run_slotway({}).code != 0);
  CHECK(run_slotway({"--no-such-option"}).code != 0);
  CHECK(run_slotway({"--version"}).code == 0);
}

TEST_CASE("`check` prints the slot map") {
  const TempDir directory;
  const Finished check =
      run_slotway({"check", directory.write("slotway.yaml", kPool + kTwoShards)});
  CHECK(check.code == 0);
  CHECK(check.output.find("0-8191") != std::string::npos);
  CHECK(check.output.find("127.0.0.1:7002") != std::string::npos);
}

TEST_CASE("an address in use is named by its place and nothing starts") {
  const Socket taken = Socket::listen();
  const std::string port = "127.0.0.1:" + std::to_string(taken.local_port());
  const std::string free = "127.0.0.1:" + std::to_string(free_port());
  const RedisServer other;
  const std::string path = "unix:" + other.socket_path();
  const TempDir directory;
  const std::string shard = "    shards: { a: { primary: embedded } }\n";
  struct Occupied {
    std::string yaml;
    std::string place;
    std::string address;
  };
  for (const Occupied& occupied :
       {Occupied{"admin: off\npools:\n  main:\n    listen: " + port + "\n" + shard, "4:13", port},
        Occupied{"admin: off\npools:\n  main:\n    listen: [" + free + ", " + path + "]\n" + shard,
                 "4:" + std::to_string(16 + free.size()), path},
        Occupied{"admin: " + port + "\npools:\n  main:\n    listen: " + free + "\n" + shard, "1:8",
                 port}}) {
    const std::string file = directory.write("slotway.yaml", occupied.yaml);
    CAPTURE(occupied.yaml);
    CHECK(run_slotway({"check", file}).code == 0);
    const Finished start = run_slotway({"--config", file});
    CAPTURE(start.output);
    CHECK(start.code == 1);
    CHECK(is_one_line(start.output));
    CHECK(start.output.starts_with(file + ":" + occupied.place + ": "));
    CHECK(start.output.find(occupied.address) != std::string::npos);
    CHECK(start.output.find("in use") != std::string::npos);
    CHECK(start.output.find("expected a free address") != std::string::npos);
  }
}

TEST_CASE("a reload that only moves an address within the file is applied") {
  ProxyProcess proxy({.shards = {{"a", "embedded"}}});
  CHECK(proxy.reload_text("# moved\n\n" + proxy.yaml({.shards = {{"a", "embedded"}}})));
}

}  // namespace slotway::tests
