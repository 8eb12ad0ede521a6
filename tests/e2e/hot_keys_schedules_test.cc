// The shortest schedules by which a cache of keys goes wrong, each as it happens on the wire.

#include <chrono>
#include <thread>

#include "tests/e2e/one_key_shard.h"

namespace slotway::tests {

namespace {

constexpr const char* kKeyChanged = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";

// The shard does not answer the PINGs of the connection that fetches; the key changes, and time
// passes.
void write_unheard_of(Scene& scene, milliseconds time) {
  scene.shard.answer_pings(0);
  REQUIRE(scene.shard.has_answered_pings());
  scene.shard.write("new");
  std::this_thread::sleep_for(time);
}

}  // namespace

TEST_CASE("hot keys: rule R0, a write does not overtake the fetch that its own session waits for") {
  Scene scene;
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");  // the next GET fetches
  scene.shard.shut(OneKeyShard::Gate::kBeforeRead);
  scene.s1.send(kGet + encode_request({"SET", "k", "new"}) + kGet);
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s1.receive().text == "OK");
  CHECK(scene.s1.receive().text == "new");
}

TEST_CASE("hot keys: rule R0, a read behind a read that waits for a fetch waits for it, too") {
  Scene scene;
  const int before = scene.shard.fetches();
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply, kGet + kGet + kGet);
  CHECK(scene.s2.call({"PING"}).text == "PONG");
  scene.shard.open();
  for (int i = 0; i < 3; ++i) CHECK(scene.s1.receive().text == "old");
  CHECK(scene.shard.fetches() == before + 1);
}

TEST_CASE("hot keys: rule R0, or for a later one if the key has changed since") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply);
  CHECK(scene.s2.call({"SET", "k", "new"}).text == "OK");
  scene.s1.send(kGet);
  CHECK(scene.s1.silent_for(milliseconds(20)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s1.receive().text == "new");
}

TEST_CASE("hot keys: rule R0, or goes to the shard behind it") {
  Scene scene("10s", "400ms");
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply, kGet + kGet);
  scene.shard.write("new");  // no reply to the fetch comes in time
  CHECK(scene.s1.receive().text == "new");
  CHECK(scene.s1.receive().text == "new");
  scene.shard.open();
}

TEST_CASE("hot keys: rule R0, nor does a command of several keys, or of any") {
  for (const Command& command : std::vector<Command>{{"MSET", "k", "new", "other", "x"},
                                                     {"EVAL", "return 1", "1", "k"},
                                                     {"DEL", "k", "other"},
                                                     {"FLUSHALL"}}) {
    CAPTURE(command[0]);
    Scene scene;
    CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
    scene.shard.shut(OneKeyShard::Gate::kBeforeRead);
    scene.s1.send(kGet + encode_request(command));
    CHECK(scene.s1.receive().text == "old");
    scene.s1.receive();
    CHECK(scene.shard.value() == "new");
  }
}

TEST_CASE("hot keys: rule R0, nor when the key is not cached any more") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply);
  for (const std::string pool :
       {"hot_keys: { detect: true, cache: { mode: off } }", "hot_keys: { detect: false }"}) {
    REQUIRE(scene.proxy.reload(
        {.shards = {{"a", scene.shard.address()}}, .pool = {pool}, .workers = 2}));
    scene.s1.send(encode_request({"SET", "k", pool}));
    scene.s1.send("GET k\r\n");
  }
  CHECK(!eventually([&] { return scene.shard.value() != "old"; }, milliseconds(50)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s1.receive().text == "OK");
  CHECK(scene.s1.receive().text == "hot_keys: { detect: true, cache: { mode: off } }");
}

TEST_CASE("hot keys: rule R0, what is behind a write in a pipeline is not served from the cache") {
  Scene scene;
  for (int i = 0; i < 50; ++i) {
    scene.cache();
    const std::string value = std::to_string(i);
    scene.s1.send(encode_request({"SET", "k", value}) + kGet);
    CHECK(scene.s1.receive().text == "OK");
    CHECK(scene.s1.receive().text == value);
  }
}

TEST_CASE("hot keys: rule R1, who watches a key is not served from the cache") {
  Scene scene;
  CHECK(scene.s1.call({"WATCH", "k"}).text == "OK");
  REQUIRE(is_cached(scene.s2, scene.shard));  // by rule W, WATCH has ended what was
  scene.shard.write("new");                   // which the shard has not told yet
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rules R2 and P, what the shard says has changed is not served again") {
  for (const std::string push :
       {kKeyChanged, ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\nx\r\n$1\r\nk\r\n",
        ">2\r\n$10\r\ninvalidate\r\n_\r\n"}) {
    CAPTURE(push);
    Scene scene;
    scene.shard.write("new");
    CHECK(scene.get(scene.s1) == "old");
    // Without reads meanwhile: of many the shard is asked again anyway.
    scene.shard.tell(push);
    REQUIRE(scene.shard.has_told());
    CHECK(scene.get(scene.s1) == "new");
    CHECK(scene.get(scene.s2) == "new");
  }
}

TEST_CASE("hot keys: rule P, what is told before any reply of a fetch makes it no older") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforePttl);
  scene.shard.write("new");
  scene.shard.tell_at_gate(kKeyChanged);
  const int before = scene.shard.fetches();
  scene.shard.open();
  CHECK(scene.s1.receive().text == "new");
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.shard.fetches() == before + 1);
}

TEST_CASE("hot keys: rule P, what is told between its replies does") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforeRead);
  scene.shard.tell_at_gate(kKeyChanged);
  scene.shard.write("new");
  CHECK(scene.s1.receive().text == "new");
  // Now that it has told of the key, it says nothing more: not even when it has expired.
  scene.shard.write("newer");
  CHECK(scene.get(scene.s1) == "newer");
  CHECK(scene.get(scene.s2) == "newer");
}

TEST_CASE("hot keys: of one command there is one fetch at a time") {
  Scene scene;
  const int before = scene.shard.fetches();
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply);
  std::vector<RespClient> others;
  for (int i = 2; i < 6; ++i) {
    CHECK(scene.s2.call({"SET", "k", std::to_string(i)}).text == "OK");
    others.push_back(scene.proxy.client());
    others.back().send(kGet);
    CHECK(others.back().silent_for(milliseconds(10)));
  }
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  for (RespClient& each : others) CHECK(each.receive().text == "5");
  CHECK(scene.shard.fetches() == before + 2);
}

TEST_CASE("hot keys: rule R3, nobody joins a fetch that began before a write that was answered") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply);
  CHECK(scene.s2.call({"SET", "k", "new"}).text == "OK");
  scene.s2.send(kGet);
  CHECK(scene.s2.silent_for(milliseconds(50)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s2.receive().text == "new");
}

TEST_CASE("hot keys: rule R3 in mode ttl, nobody joins a fetch that is older than max_ttl") {
  Scene scene("10s", "2s", "mode: ttl, max_ttl: 50ms");
  scene.shard.shut(OneKeyShard::Gate::kBeforeReply);
  std::this_thread::sleep_for(milliseconds(50));  // what was cached has ended
  scene.s1.send(kGet);
  REQUIRE(scene.shard.has_fetch_at_gate());
  scene.shard.write("new");
  std::this_thread::sleep_for(milliseconds(50));
  scene.s2.send(kGet);
  CHECK(scene.s2.silent_for(milliseconds(50)));
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.s2.receive().text == "new");
}

TEST_CASE("hot keys: rule R4, what was fetched before a write that was answered is not kept") {
  Scene scene;
  scene.await_fetch(OneKeyShard::Gate::kBeforeReply);
  CHECK(scene.s2.call({"SET", "k", "new"}).text == "OK");
  scene.shard.open();
  CHECK(scene.s1.receive().text == "old");
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.get(scene.s2) == "new");
}

namespace {

// Whether all sessions see a change once `command` of one of them was answered.
void check_shows(const Command& command) {
  CAPTURE(command[0]);
  Scene scene;
  scene.shard.write("new");  // which the shard does not tell
  CHECK(scene.get(scene.s1) == "old");
  CHECK(!scene.s2.call(command).is_error());
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.get(scene.s2) == "new");
}

}  // namespace

TEST_CASE("hot keys: rule W, what one session has written all others see") {
  check_shows({"SET", "k", "new"});
  check_shows({"EVAL", "return 1", "0"});
  check_shows({"FLUSHALL"});
  check_shows({"SWAPDB", "0", "1"});
}

TEST_CASE("hot keys: rule W, what one session has seen all others see") {
  check_shows({"MGET", "k"});
  check_shows({"TOUCH", "k"});
}

TEST_CASE("hot keys: rule W, so do reads of who watches") {
  Scene scene;
  CHECK(scene.s1.call({"WATCH", "k"}).text == "OK");
  REQUIRE(is_cached(scene.s2, scene.shard));
  scene.shard.write("new");
  CHECK(scene.get(scene.s2) == "old");
  CHECK(scene.get(scene.s1) == "new");
  CHECK(scene.get(scene.s2) == "new");
}

TEST_CASE("hot keys: rule W, so does a transaction that was carried out") {
  Scene scene;
  scene.shard.write("new");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"MULTI"}).text == "OK");
  CHECK(scene.s2.call({"GET", "k"}).text == "QUEUED");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"EXEC"}).to_string() == "*1[$new]");
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule W, and one that was not shows that a key has changed") {
  Scene scene;
  scene.shard.abort_transactions();
  CHECK(scene.s2.call({"WATCH", "k"}).text == "OK");
  REQUIRE(is_cached(scene.s1, scene.shard));
  scene.shard.write("new");
  CHECK(scene.get(scene.s1) == "old");
  CHECK(scene.s2.call({"MULTI"}).text == "OK");
  CHECK(scene.s2.call({"TOUCH", "other"}).text == "QUEUED");
  CHECK(scene.s2.call({"EXEC"}).null);
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule W, and one that was sent before anything was cached") {
  OneKeyShard shard;
  const auto with = [&](const std::string& pool) {
    return ProxyOptions{.shards = {{"a", shard.address()}}, .pool = {pool}, .workers = 1};
  };
  ProxyProcess proxy(with(Scene::pool_of("10s")));
  RespClient first = proxy.client();
  RespClient writer = proxy.client();
  RespClient reader = proxy.client();
  const auto is_cached = [&] {
    const int before = shard.fetches();
    return reader.call({"GET", "k"}).text == "old" && before > 0 && shard.fetches() == before;
  };
  REQUIRE(eventually(is_cached));
  REQUIRE(proxy.reload(with("hot_keys: { detect: true }")));
  shard.carry_out(0);
  writer.send(encode_request({"SET", "k", "new"}));
  REQUIRE(eventually([&] { return shard.holds_one(); }));
  REQUIRE(proxy.reload(with(Scene::pool_of("10s"))));
  first.send(kGet);  // behind the write, by the same connection; but the key is cached from now on
  REQUIRE(first.silent_for(milliseconds(20)));
  REQUIRE(eventually(is_cached));
  shard.carry_out(1);
  CHECK(writer.receive().text == "OK");
  CHECK(reader.call({"GET", "k"}).text == "new");
}

TEST_CASE("hot keys: rule W, so does what goes to several shards") {
  for (const Command& command :
       std::vector<Command>{{"MGET", "k", "foo"}, {"MSET", "foo", "x", "k", "new"}}) {
    CAPTURE(command[0]);
    OneKeyShard shard;
    OneKeyShard other;
    ProxyProcess proxy(
        {.shards = {{"a", shard.address(), "0-8191"}, {"b", other.address(), "8192-16383"}},
         .pool = {Scene::pool_of("10s")},
         .workers = 2});
    RespClient s1 = proxy.client();
    RespClient s2 = proxy.client();
    REQUIRE(is_cached(s1, shard));
    shard.write("new");
    CHECK(s1.call({"GET", "k"}).text == "old");
    CHECK(!s2.call(command).is_error());
    CHECK(s1.call({"GET", "k"}).text == "new");
  }
}

TEST_CASE("hot keys: rule P, whoever does not hear of changes any more trusts nothing of before") {
  Scene scene;
  scene.shard.cut_fetch_line();
  // The connection that comes next hears nothing of what was asked for before.
  REQUIRE(eventually([&] { return scene.shard.new_fetch_lines() > 0; }));
  scene.shard.write("new");
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule R2, nothing is served for longer than the key lasts") {
  Scene scene;
  scene.shard.set_ttl(milliseconds(300));
  CHECK(scene.s1.call({"SET", "k", "old"}).text == "OK");
  CHECK(scene.get(scene.s1) == "old");
  scene.shard.write("new");  // which it does not tell
  std::this_thread::sleep_for(milliseconds(310));
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule R4, an error is not kept") {
  Scene scene;
  scene.shard.answer_fetches("-ERR not now\r\n");
  CHECK(scene.s1.call({"SET", "k", "new"}).text == "OK");
  CHECK(scene.s1.call({"GET", "k"}).is_error());
  scene.shard.answer_fetches("");
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule B, without an answer to PING nothing is served beyond the bound") {
  Scene scene("300ms");
  write_unheard_of(scene, milliseconds(350));
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: rule B, an answer that comes late proves what was true when it was asked") {
  Scene scene("300ms");
  write_unheard_of(scene, milliseconds(350));
  scene.shard.answer_pings(1);
  REQUIRE(scene.shard.has_answered_pings());
  CHECK(scene.get(scene.s1) == "new");
}

TEST_CASE("hot keys: a shard that will not tell of changes is asked each time") {
  for (const std::string subcommand : {"TRACKING", "CACHING"}) {
    CAPTURE(subcommand);
    OneKeyShard shard;
    shard.refuse(subcommand);
    ProxyProcess proxy(
        {.shards = {{"a", shard.address()}}, .pool = {Scene::pool_of("10s")}, .workers = 2});
    RespClient client = proxy.client();
    for (int i = 0; i < 50; ++i) {
      shard.write(std::to_string(i));
      CHECK(client.call({"GET", "k"}).text == std::to_string(i));
    }
  }
}

}  // namespace slotway::tests
