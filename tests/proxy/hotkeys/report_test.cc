#include "proxy/hotkeys/report.h"

#include <doctest/doctest.h>

namespace slotway::proxy::hotkeys {

namespace {

HotKey key(std::string text, uint64_t hash, double requests, uint8_t hot, double heat) {
  HotKey it;
  it.key = std::move(text);
  it.hash = hash;
  it.requests = requests;
  it.writes = requests / 10;
  it.bytes = requests * 100;
  it.hot = hot;
  it.heat = heat;
  return it;
}

// As the workers have published them.
Snapshot sum_of(const std::vector<Snapshot>& workers, size_t most) {
  std::vector<std::shared_ptr<const Snapshot>> published = {nullptr};
  for (const Snapshot& worker : workers) {
    published.push_back(std::make_shared<const Snapshot>(worker));
  }
  return sum(published, most);
}

}  // namespace

TEST_CASE("report: a key is hot since the first snapshot that has it so") {
  Snapshot before;
  before.at = 5;
  before.keys = {key("a", 1, 300, 1 << kRequests, 3), key("b", 2, 100, 0, 0.5)};
  keep_since({}, before);
  CHECK(before.keys[0].hot_since == 5);
  CHECK(before.keys[1].hot_since == 0);
  Snapshot now;
  now.at = 7;
  now.keys = {key("b", 2, 100, 1 << kBytes, 4), key("a", 1, 300, 1 << kWrites, 3)};
  keep_since(before, now);
  CHECK(now.keys[0].hot_since == 7);
  CHECK(now.keys[1].hot_since == 5);
  Snapshot later;
  later.at = 9;
  later.keys = {key("a", 1, 1, 0, 0.1)};
  keep_since(now, later);
  CHECK(later.keys[0].hot_since == 0);
}

TEST_CASE("report: the workers' rates are summed by key") {
  std::vector<Snapshot> workers(2);
  workers[0].at = 5;
  workers[1].at = 7;
  for (Snapshot& worker : workers) {
    worker.requests = 1000;
    worker.writes = 100;
    worker.bytes = 1e6;
    worker.updates = 10;
  }
  workers[1].weight = 4;
  workers[0].keys = {key("a", 1, 300, 1 << kRequests, 3), key("b", 2, 100, 0, 0.5)};
  workers[0].keys[0].hot_since = 4;
  workers[1].keys = {key("c", 3, 200, 1 << kBytes, 2), key("a", 1, 100, 1 << kWrites, 1)};
  workers[1].keys[1].hot_since = 3;
  const Snapshot all = sum_of(workers, 10);
  CHECK(all.at == 7);
  CHECK(all.requests == 2000);
  CHECK(all.writes == 200);
  CHECK(all.bytes == 2e6);
  CHECK(all.updates == 20);
  CHECK(all.weight == 4);
  REQUIRE(all.keys.size() == 3);
  CHECK(all.keys[0].key == "a");
  CHECK(all.keys[0].requests == 400);
  CHECK(all.keys[0].writes == 40);
  CHECK(all.keys[0].bytes == 40'000);
  CHECK(all.keys[0].share == doctest::Approx(0.2));
  CHECK(all.keys[0].heat == 3);
  CHECK(all.keys[0].hot_since == 3);
  CHECK(all.keys[0].hot_by(kRequests));
  CHECK(all.keys[0].hot_by(kWrites));
  CHECK_FALSE(all.keys[0].hot_by(kBytes));
  CHECK(all.keys[1].key == "c");
  CHECK(all.keys[1].hot_by(kBytes));
  CHECK(all.keys[2].key == "b");
  CHECK(all.keys[2].hot == 0);

  workers[0].keys[0].hot = 0;
  CHECK(sum_of(workers, 1).keys[0].hot_since == 3);
  workers[1].keys[1].hot_since = 6;
  CHECK(sum_of(workers, 1).keys[0].hot_since == 6);

  CHECK(sum_of(workers, 2).keys.back().key == "c");
  CHECK(sum_of({}, 10).keys.empty());
}

TEST_CASE("report: long keys that begin alike are told apart by their hash") {
  std::vector<Snapshot> workers(1);
  const std::string start(256, 'x');
  workers[0].requests = 1000;
  workers[0].keys = {key(start, 1, 300, 1, 3), key(start, 2, 100, 1, 1)};
  CHECK(sum_of(workers, 10).keys.size() == 2);
}

TEST_CASE("report: what became hot, and what no longer is") {
  Snapshot before;
  before.keys = {key("stays", 1, 100, 1, 3), key("cools", 2, 100, 1, 3), key("goes", 3, 9, 1, 3),
                 key("rises", 4, 100, 0, 0.5)};
  Snapshot now;
  now.keys = {key("stays", 1, 100, 2, 3), key("cools", 2, 100, 0, 0.4), key("comes", 5, 9, 1, 3),
              key("rises", 4, 100, 1, 1.5)};
  const Changes found = changes(before, now);
  REQUIRE(found.hot.size() == 2);
  CHECK(found.hot[0].key == "comes");
  CHECK(found.hot[1].key == "rises");
  REQUIRE(found.cooled.size() == 2);
  CHECK(found.cooled[0].key == "cools");
  CHECK(found.cooled[1].key == "goes");
}

}  // namespace slotway::proxy::hotkeys
