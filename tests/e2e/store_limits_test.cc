// slotway-store on its own, at the limits of its memory and of what its clients may take of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "tests/e2e/text_field.h"
#include "tests/e2e/watched_store.h"
#include "tests/support/free_port.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

const std::string kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

bool goes(Watched& watched, const Told& told) {
  return eventually([&] { return !watched.is_there(told.id); });
}

}  // namespace

// ---- what a client takes

TEST_CASE("a store tells what each of its clients takes") {
  Watched watched;
  Told told(watched);
  const auto field = [&](const std::string& name) { return watched.field(told.id, name).value(); };
  const size_t idle = field("tot-mem");
  CHECK(idle > 0);
  CHECK(idle < 4096);
  CHECK(field("qbuf") == 0);
  send_half_command(watched, told, kMiB);
  CHECK(field("qbuf") >= kMiB);
  CHECK(field("tot-mem") >= idle + kMiB);
  CHECK(eventually([&] { return watched.info("mem_clients_normal") >= idle + kMiB; }));

  Told queueing(watched);
  CHECK(queueing.client.call({"MULTI"}).text == "OK");
  CHECK(queueing.client.call({"SET", "k", std::string(kMiB, 'x')}).text == "QUEUED");
  CHECK(watched.field(queueing.id, "multi-mem").value() >= kMiB);
  CHECK(watched.field(queueing.id, "tot-mem").value() >= kMiB);

  Told reading(watched);
  REQUIRE(watched.observer.call({"SET", "large", std::string(kMiB, 'x')}).text == "OK");
  for (int i = 0; i < 64; ++i) reading.client.request({"GET", "large"});
  CHECK(eventually([&] { return watched.field(reading.id, "omem").value() > 20 * kMiB; }));
  CHECK(watched.field(reading.id, "tot-mem").value() > 20 * kMiB);

  Told subscribed(watched);
  for (int i = 0; i < 100; ++i) {
    subscribed.client.call({"SUBSCRIBE", std::string(1000, 'c') + std::to_string(i)});
  }
  CHECK(watched.field(subscribed.id, "tot-mem").value() > idle + 100'000);
  // The caller's own command is among it.
  CHECK(std::stoul(field_of(watched.observer.call({"CLIENT", "INFO"}).text, " qbuf=")) > 0);
}

// ---- maxmemory-clients

TEST_CASE("a store closes the clients that take the most when all take too much") {
  Watched watched{{"maxmemory-clients", "20mb"}};
  std::vector<Told> small;
  for (int i = 0; i < 8; ++i) {
    small.emplace_back(watched);
    send_half_command(watched, small.back(), kMiB);
  }
  CHECK(watched.info("evicted_clients") == 0);
  Told large(watched);
  CHECK(!send_all(large.client, half_command(30 * kMiB)));
  CHECK(goes(watched, large));
  for (const Told& each : small) CHECK(watched.is_there(each.id));
  CHECK(watched.info("evicted_clients") == 1);
  CHECK(watched.info("mem_clients_normal") >= 8 * kMiB);
  CHECK(watched.info("mem_clients_normal") < 20 * kMiB);

  watched.set("maxmemory-clients", "4500kb");
  const auto left =
      std::ranges::count_if(small, [&](auto& each) { return watched.is_there(each.id); });
  CHECK(left == 4);
  CHECK(watched.info("evicted_clients") == 5);
  // And of those that are of different sizes, the largest alone.
  watched.set("maxmemory-clients", "0");
  Told larger(watched);
  send_half_command(watched, larger, 2 * kMiB);
  watched.set("maxmemory-clients", "4500kb");
  CHECK(!watched.is_there(larger.id));
  CHECK(watched.info("evicted_clients") == 6);
}

TEST_CASE("a store spares clients that asked for it, until they take that back") {
  Watched watched{{"maxmemory-clients", "4mb"}};
  Told spared(watched);
  REQUIRE(spared.client.call({"CLIENT", "NO-EVICT", "ON"}).text == "OK");
  send_half_command(watched, spared, 8 * kMiB);
  Told other(watched);
  send_all(other.client, half_command(kMiB));
  CHECK(goes(watched, other));
  CHECK(watched.is_there(spared.id));
  spared.client.send(std::string(8 * kMiB, 'h') + "\r\n" +
                     encode_request({"CLIENT", "NO-EVICT", "OFF"}));
  CHECK(spared.client.receive().null);
  CHECK(spared.client.receive().text == "OK");
  send_half_command(watched, spared, 2 * kMiB);
  send_all(spared.client, std::string(4 * kMiB - 1, 'h'));
  CHECK(goes(watched, spared));
}

TEST_CASE("a store takes maxmemory-clients as a share of maxmemory, too") {
  Watched watched{{"maxmemory", "100mb"}, {"maxmemory-clients", "5%"}};
  Told told(watched);
  send_half_command(watched, told, 4 * kMiB);
  send_all(told.client, std::string(4 * kMiB - 1, 'h'));
  CHECK(goes(watched, told));
  Told later(watched);
  send_half_command(watched, later, 4 * kMiB);
  watched.set("maxmemory", "50mb");
  CHECK(!watched.is_there(later.id));
  watched.set("maxmemory", "0");  // a share of nothing is no limit
  Told last(watched);
  send_half_command(watched, last, 8 * kMiB);
  CHECK(watched.info("evicted_clients") == 2);
}

TEST_CASE("a store counts all that a client can make it keep") {
  Watched watched{{"maxmemory-clients", "4mb"}};
  REQUIRE(watched.observer.call({"SET", "large", std::string(kMiB, 'x')}).text == "OK");
  const std::string name(1000, 'n');
  const auto numbered = [&](const Command& words) {
    return [words, name, number = 0]() mutable {
      Command command = words;
      command.push_back(std::to_string(++number + 10'000) + name);
      return command;
    };
  };
  const std::vector<std::pair<std::vector<Command>, std::function<Command()>>> ways = {
      {{},
       [] {
         return Command{"SET", "k", std::string(8 * kMiB, 'x')};
       }},
      {{{"MULTI"}},
       [] {
         return Command{"SET", "k", std::string(kMiB, 'x')};
       }},
      {{},
       [] {
         return Command{"GET", "large"};
       }},
      {{}, numbered({"WATCH"})},
      {{}, numbered({"SUBSCRIBE"})},
      {{}, numbered({"PSUBSCRIBE"})},
      {{}, numbered({"SSUBSCRIBE"})},
      {{}, numbered({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX"})},
  };
  for (size_t i = 0; i < ways.size(); ++i) {
    CAPTURE(i);
    Told told(watched, 3);
    for (const Command& command : ways[i].first) told.client.call(command);
    std::function<Command()> next = ways[i].second;
    // Replies are not read, but those that are short are of no account.
    for (int sent = 0; sent < 4000; ++sent) {
      if (!send_all(told.client, encode_request(next()))) break;
    }
    CHECK(goes(watched, told));
    CHECK(watched.info("evicted_clients") == i + 1);
  }
}

// ---- maxmemory

TEST_CASE("fault 17: a store at its memory limit refuses commands before it takes much more") {
  constexpr size_t kLimit = 64 * kMiB;
  Watched watched{{"maxmemory", std::to_string(kLimit)}, {"maxmemory-clients", "32mb"}};
  Process& process = watched.store.process();
  const size_t idle = process.rss_bytes();
  RespClient client(watched.store.port());
  client.set_limit(kLong);
  const auto is_refused = [&](const Command& command) {
    return client.call(command).text == kOutOfMemory;
  };
  // What is small itself and makes much is refused in front of the limit.
  for (const Command& command :
       std::vector<Command>{{"SETRANGE", "range", "500000000", "x"},
                            {"SETBIT", "bits", "4000000000", "1"},
                            {"BITFIELD", "field", "SET", "u8", "4000000000", "1"}}) {
    CHECK(is_refused(command));
  }
  REQUIRE(client.call({"SET", "third", std::string(22 * kMiB, 'x')}).text == "OK");
  REQUIRE(client.call({"COPY", "third", "another"}).integer() == 1);
  CHECK(is_refused({"COPY", "third", "more"}));
  CHECK(client.call({"MULTI"}).text == "OK");
  for (int i = 0; i < 20; ++i) client.call({"SETRANGE", std::to_string(i), "30000000", "x"});
  for (const RespValue& reply : client.call({"EXEC"}).items) CHECK(reply.text == kOutOfMemory);

  int written = 0;
  while (client.call({"SET", "k" + std::to_string(written), std::string(100'000, 'x')}).text ==
         "OK") {
    ++written;
  }
  CHECK(written > 150);
  CHECK(written < 300);
  // What is large itself is refused whole. (With its bytes the client is within its own limit.)
  const std::string large(20 * kMiB, 'x');
  CHECK(is_refused({"APPEND", "k0", large}));
  CHECK(is_refused({"SETRANGE", "k0", "0", large}));
  CHECK(is_refused({"MSET", "a", large, "b", "y"}));
  CHECK(is_refused({"RPUSH", "list", large, "y"}));
  CHECK(is_refused({"HSET", "hash", "f", large}));
  Command many = {"SADD", "set"};
  for (int i = 0; i < 200'000; ++i) many.push_back("member:" + std::to_string(i));
  CHECK(is_refused(many));
  // What is queued counts, and is refused like the rest.
  CHECK(client.call({"MULTI"}).text == "OK");
  CHECK(is_refused({"SET", "k", large}));
  CHECK(client.call({"EXEC"}).text.starts_with("EXECABORT"));
  CHECK(client.call({"DEL", "k0", "k1", "k2"}).integer() == 3);
  RespClient queueing(watched.store.port());
  CHECK(queueing.call({"MULTI"}).text == "OK");
  size_t queued = 0;
  for (int i = 0; i < 100; ++i) {
    queued += queueing.call({"SET", "k", std::string(100'000, 'x')}).text == "QUEUED";
  }
  CHECK(queued > 0);
  CHECK(queued < 10);
  CHECK(queueing.call({"EXEC"}).text.starts_with("EXECABORT"));
  // Many whose commands do not end are held to what all clients may take.
  std::vector<Told> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(watched);
    send_all(clients.back().client, half_command(4 * kMiB));
  }
  CHECK(eventually([&] { return watched.info("evicted_clients") > 20; }));
  if (!kSanitized) CHECK(process.peak_rss_bytes() < idle + kLimit + 80 * kMiB);
  // All others are served, and there is room again when there is less.
  RespClient bystander(watched.store.port());
  CHECK(bystander.call({"GET", "k9"}).text == std::string(100'000, 'x'));
  CHECK(bystander.call({"DEL", "third", "another"}).integer() == 2);
  clients.clear();
  CHECK(eventually([&] { return bystander.call({"SET", "k", "v"}).text == "OK"; }));
}

TEST_CASE("what is evicted is counted, and whether anything would be is told") {
  const uint16_t admin = free_port();
  const StoreProcess store({"--admin-address", "127.0.0.1:" + std::to_string(admin)});
  RespClient client(store.port());
  CHECK(client.call({"CONFIG", "SET", "maxmemory", "20mb"}).text == "OK");
  const auto metric = [&](const char* name) {
    return metric_sum(http_get(admin, "/metrics").body, name);
  };
  const auto fill = [&] {
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
      refused +=
          client.call({"SET", "k" + std::to_string(i), std::string(100'000, 'x')}).is_error();
    }
    return refused;
  };
  CHECK(metric("slotway_store_eviction_enabled") == 0);
  CHECK(fill() > 100);
  CHECK(client.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}).text == "OK");
  CHECK(eventually([&] { return metric("slotway_store_eviction_enabled") == 1; }));
  CHECK(metric("slotway_store_evicted_keys_total") == 0);
  CHECK(fill() == 0);
  const double evicted = std::stod(field_of(client.call({"INFO", "stats"}).text, "evicted_keys:"));
  CHECK(evicted > 100);
  CHECK(eventually([&] { return metric("slotway_store_evicted_keys_total") == evicted; }));
}

}  // namespace slotway::tests
