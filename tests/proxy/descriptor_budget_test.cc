#include "proxy/descriptor_budget.h"

#include <doctest/doctest.h>

#include "config/load.h"
#include "proxy/upstream/pin_allowance.h"

namespace slotway::proxy {

namespace {

DescriptorBudget budget_of(const std::string& workers, const std::string& shards,
                           const std::string& clients) {
  const std::string yaml = "workers: " + workers + "\npools: { main: { shards: { " + shards +
                           " }, limits: { clients: " + clients + " } } }\n";
  const auto config = config::parse_config(yaml, "f", config::read_file);
  REQUIRE(config.ok());
  return descriptor_budget(*config);
}

const char kOne[] = "a: { primary: a:1 }";
const char kTwo[] = "a: { primary: a:1 }, b: { primary: b:1 }";

}  // namespace

TEST_CASE("what is reserved grows with workers and shards, not with clients") {
  const DescriptorBudget one = budget_of("1", kOne, "100");
  CHECK(one.clients == 100);
  CHECK(one.reserved >= 64 + 1);
  CHECK(one.wanted() == one.clients + one.pins + one.reserved);
  CHECK(budget_of("1", kOne, "5000").reserved == one.reserved);
  const size_t workers_each = budget_of("9", kOne, "100").reserved - one.reserved;
  CHECK(workers_each >= 8);
  CHECK(budget_of("9", kTwo, "100").reserved >= one.reserved + workers_each + 9);
  CHECK(budget_of("1", "a: { primary: embedded }", "100").reserved > one.reserved);
}

TEST_CASE("clients get what is left of the limit, at least one") {
  const DescriptorBudget budget{1000, 100};
  CHECK(budget.clients_within(100'000) == 1000);
  CHECK(budget.clients_within(1100) == 1000);
  CHECK(budget.clients_within(1099) == 999);
  CHECK(budget.clients_within(101) == 1);
  CHECK(budget.clients_within(100) == 1);
  CHECK(budget.clients_within(10) == 1);
}

TEST_CASE("each client may hold a connection to a shard for itself, up to their limit") {
  const DescriptorBudget one = budget_of("2", kOne, "100000");
  CHECK(one.pins == 2 * 128);
  CHECK(one.wanted() == one.clients + one.pins + one.reserved);
  CHECK(budget_of("2", kTwo, "100000").pins == 2 * 2 * 128);
  // One that tracks has two to each.
  CHECK(budget_of("2", kTwo, "10").pins == 10 * 2 * 2);
  CHECK(budget_of("2", "a: { primary: embedded }", "100000").pins == 2 * 2 * 128);
  const DescriptorBudget budget{1000, 100, 200};
  CHECK(budget.clients_within(1300) == 1000);
  CHECK(budget.clients_within(1299) == 999);
  CHECK(budget.clients_within(601) == 301);
  CHECK(budget.clients_within(300) == 100);
  CHECK(budget.clients_within(100) == 1);
  CHECK(budget.pins_within(1300) == 200);
  CHECK(budget.pins_within(1299) == 200);
  CHECK(budget.pins_within(601) == 200);
  CHECK(budget.pins_within(300) == 100);
  CHECK(budget.pins_within(100) == 2);
  // Few clients leave more.
  CHECK(DescriptorBudget{10, 100, 200}.clients_within(300) == 10);
  CHECK(DescriptorBudget{10, 100, 200}.pins_within(300) == 190);
}

TEST_CASE("no more is taken of an allowance than there is, and all comes back") {
  PinAllowance allowance;
  CHECK(!allowance.take(1));
  allowance.set_limit(4);
  CHECK(!allowance.is_short());
  PinAllowance::Share one = allowance.take(1);
  PinAllowance::Share two = allowance.take(2);
  CHECK(allowance.is_short());
  CHECK(!allowance.take(2));
  two = std::move(one);
  CHECK(!allowance.is_short());
  allowance.set_limit(0);
  CHECK(!allowance.take(1));
}

TEST_CASE("each connection to a shard is counted, during a reload twice") {
  const auto added = [](const std::string& shards, const std::string& more = "") {
    return budget_of("3", shards + more, "1").reserved - budget_of("3", kOne, "1").reserved;
  };
  const size_t each = added(kTwo);
  CHECK(each == 3 * 8 * 2);  // workers; six lanes, control, channels; before and after a reload
  const std::string replicas = "a: { primary: a:1, replicas: [a:2, a:3] }";
  CHECK(added(replicas) == 0);
  // Six lanes to each of the two.
  CHECK(added(replicas, " }, read_from: nearest, timeouts: { request: 2s") == 3 * 2 * 6 * 2);
}

}  // namespace slotway::proxy
