// slotway-load against servers that answer well, and against some that do not.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_backend.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"
#include "tests/support/temp_dir.h"

namespace slotway::tests {

namespace {

struct Ran {
  int code;
  nlohmann::json report;
};

Ran load(const std::string& address, const std::string& options) {
  const Finished finished =
      run_program({"sh", "-c", "exec " SLOTWAY_LOAD_PATH " " + address + " --json " + options});
  INFO(finished.output);
  nlohmann::json report = nlohmann::json::parse(finished.output, nullptr, false);
  REQUIRE(report.is_object());
  return {finished.code, std::move(report)};
}

// A backend that does `answer` for each command, but ECHO, which it answers well.
FakeBackend::Script script(std::function<void(FakeConnection&, size_t)> answer) {
  return [answer = std::move(answer)](FakeConnection& connection) {
    size_t number = 0;
    while (const auto command = connection.receive()) {
      if (command->front() == "ECHO") {
        connection.send("$" + std::to_string(command->at(1).size()) + "\r\n" + command->at(1) +
                        "\r\n");
      } else {
        answer(connection, number++);
      }
    }
  };
}

constexpr const char* kMissing = "$-1\r\n";

}  // namespace

TEST_CASE("every workload, on a real server") {
  const RedisServer server;
  for (const std::string workload : {"get", "set", "mixed"}) {
    for (const std::string preload : {"", " --preload"}) {
      CAPTURE(workload);
      CAPTURE(preload);
      RespClient(server.port()).call({"FLUSHALL"});
      const Ran ran =
          load(server.address(), "-c 20 -a 5 -P 8 -n 5000 -k 500 -d 100 -w " + workload + preload);
      CAPTURE(ran.report.dump());
      CHECK(ran.code == 0);
      CHECK(ran.report["requests"] == 5000);
      CHECK(ran.report["errors"] == 0);
      CHECK(ran.report["mismatches"] == 0);
      CHECK(ran.report["p50_us"] > 0);
      CHECK(ran.report["p99_us"] >= ran.report["p50_us"]);
      CHECK(ran.report["max_us"] >= ran.report["p99_us"]);
      if (workload == "get") CHECK(ran.report["missing"] == (preload.empty() ? 5000 : 0));
    }
  }
}

TEST_CASE("a Unix socket, a time in place of a number, and text") {
  const RedisServer server;
  const Ran ran = load("unix:" + server.socket_path(), "-c 3 --seconds 0.2 -w set");
  CHECK(ran.code == 0);
  CHECK(ran.report["requests"] > 0);
  CHECK(ran.report["seconds"] >= 0.2);
  const Finished text = run_program({SLOTWAY_LOAD_PATH, server.address(), "-n", "100"});
  CHECK(text.code == 0);
  CHECK(text.output.find("100 requests in") != std::string::npos);
  CHECK(text.output.find("0 errors, 0 mismatches") != std::string::npos);
}

TEST_CASE("a value that somebody else changed is seen") {
  const RedisServer server;
  REQUIRE(load(server.address(), "-k 10 -n 100 --preload").code == 0);
  RespClient client(server.port());
  client.call({"SET", "key:0000000003", client.call({"GET", "key:0000000004"}).text});
  const Ran ran = load(server.address(), "-k 10 -n 1000");
  CHECK(ran.code == 1);
  CHECK(ran.report["mismatches"] > 0);
  CHECK(ran.report["mismatches"] < 1000);
  CHECK(ran.report["first_mismatch"].get<std::string>().starts_with("GET key:0000000003: "));
}

TEST_CASE("the value of another key") {
  const FakeBackend backend(script(
      [](FakeConnection& connection, size_t) { connection.send("$16\r\nkey:0000000003ke\r\n"); }));
  const Ran ran = load(backend.address(), "-c 2 -n 100 -k 1 -d 16");
  CHECK(ran.code == 1);
  CHECK(ran.report["mismatches"] == 100);
  CHECK(ran.report["errors"] == 0);
  // The same value is right for its own key.
  const FakeBackend right(script(
      [](FakeConnection& connection, size_t) { connection.send("$16\r\nkey:0000000000ke\r\n"); }));
  CHECK(load(right.address(), "-c 2 -n 100 -k 1 -d 16").code == 0);
}

TEST_CASE("error replies") {
  const FakeBackend backend(script([](FakeConnection& connection, size_t number) {
    connection.send(number == 5 ? "-OOM full\r\n" : kMissing);
  }));
  const Ran ran = load(backend.address(), "-c 1 -n 100");
  CHECK(ran.code == 1);
  CHECK(ran.report["errors"] == 1);
  CHECK(ran.report["first_error"].get<std::string>().find("-OOM full") != std::string::npos);
}

TEST_CASE("a reply too many, the last one of all included") {
  for (const size_t at : {50, 99}) {
    const FakeBackend backend(script([at](FakeConnection& connection, size_t number) {
      connection.send(kMissing);
      if (number == at) connection.send("$16\r\nkey:0000000003ke\r\n");
    }));
    const Ran ran = load(backend.address(), "-c 1 -n 100");
    CAPTURE(ran.report.dump());
    CHECK(ran.code == 1);
    CHECK(ran.report["mismatches"] > 0);
  }
}

TEST_CASE("a reply that does not come") {
  const FakeBackend backend(script([](FakeConnection& connection, size_t number) {
    if (number != 50) connection.send(kMissing);
  }));
  const Ran ran = load(backend.address(), "-c 1 -P 4 -n 100 --patience 0.3");
  CHECK(ran.code == 1);
  CHECK(ran.report["requests"] == 99);
  CHECK(ran.report["errors"] == 1);
}

TEST_CASE("a server that closes, sends nonsense, or is not there") {
  const FakeBackend closing(script([](FakeConnection& connection, size_t number) {
    number < 10 ? connection.send(kMissing) : connection.close();
  }));
  const Ran closed = load(closing.address(), "-c 2 -P 4 -n 1000");
  CHECK(closed.code == 1);
  CHECK(closed.report["requests"] <= 20);
  CHECK(closed.report["errors"] == 8);

  const FakeBackend raving(FakeBackend::always("nonsense\r\n"));
  const Ran raved = load(raving.address(), "-c 1 -n 10");
  CHECK(raved.code == 1);
  CHECK(raved.report["mismatches"] == 1);

  const Ran refused = load("127.0.0.1:1", "-c 3 -n 10");
  CHECK(refused.code == 1);
  CHECK(refused.report["requests"] == 0);
  CHECK(refused.report["errors"] == 3);

  const TempDir directory;
  const Ran absent = load("unix:" + directory.file("nobody"), "-c 3 -n 10");
  CHECK(absent.code == 1);
  CHECK(absent.report["errors"] == 3);
}

TEST_CASE("what users run is installed") {
  const TempDir prefix;
  const Finished installed =
      run_program({"sh", "-c", SLOTWAY_INSTALL " --prefix " + prefix.path()});
  CAPTURE(installed.output);
  REQUIRE(installed.code == 0);
  for (const std::string program : {"slotway", "slotway-store", "slotway-load"}) {
    CAPTURE(program);
    CHECK(run_program({prefix.path() + "/bin/" + program, "--help"}).code == 0);
  }
}

}  // namespace slotway::tests
