#include "proxy/upstream/replication.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

using Role = Replication::Role;

Replication primary_at(uint64_t offset, uint64_t asked_ns, std::string history = "h") {
  return {Role::kPrimary, std::move(history), offset, asked_ns};
}
Replication replica_at(uint64_t offset, std::string history = "h") {
  return {Role::kReplica, std::move(history), offset, 1};
}

}  // namespace

TEST_CASE("replication: what a primary and a replica say") {
  const Replication primary = Replication::parse(
      "$99\r\n# Replication\r\nrole:master\r\nconnected_slaves:1\r\nmaster_replid:abc\r\n"
      "master_replid2:000\r\nmaster_repl_offset:1234\r\nsecond_repl_offset:-1\r\n\r\n",
      77);
  CHECK(primary.role == Role::kPrimary);
  CHECK(primary.history == "abc");
  CHECK(primary.offset == 1234);
  CHECK(primary.asked_ns == 77);
  const Replication replica = Replication::parse(
      "$99\r\n# Replication\r\nrole:slave\r\nmaster_host:a\r\nmaster_link_status:up\r\n"
      "slave_read_repl_offset:20\r\nslave_repl_offset:15\r\nmaster_replid:abc\r\n"
      "master_repl_offset:20\r\n\r\n",
      78);
  CHECK(replica.role == Role::kReplica);
  CHECK(replica.offset == 15);
}

TEST_CASE("replication: what says nothing") {
  for (const char* text :
       {"", "-NOPERM this user has no permissions\r\n", "$0\r\n\r\n", "+OK\r\n",
        "$9\r\nrole:slave\r\nmaster_link_status:down\r\nslave_repl_offset:5\r\nmaster_replid:a\r\n",
        "$9\r\nrole:master\r\nmaster_repl_offset:\r\nmaster_replid:a\r\n",
        "$9\r\nrole:master\r\nmaster_repl_offset:5\r\n",
        "$9\r\nrole:sentinel\r\nmaster_repl_offset:5\r\nmaster_replid:a\r\n"}) {
    CAPTURE(text);
    CHECK(Replication::parse(text, 5).role == Role::kUnknown);
  }
}

TEST_CASE("replication: a replica has caught up with what its primary had when asked") {
  CatchUp replica;
  CHECK(replica.until_ns() == 0);
  replica.look(primary_at(100, 10), replica_at(99));
  CHECK(replica.until_ns() == 0);
  // The primary goes on: the goal stays, or it would never be reached.
  replica.look(primary_at(200, 20), replica_at(99));
  replica.look(primary_at(300, 30), replica_at(100));
  CHECK(replica.until_ns() == 10);
  replica.look(primary_at(400, 40), replica_at(299));
  CHECK(replica.until_ns() == 10);
  replica.look(primary_at(400, 40), replica_at(350));
  CHECK(replica.until_ns() == 30);
}

TEST_CASE("replication: of another history, or without its primary, nothing is known of it") {
  for (const Replication& other : {replica_at(500, "other"), Replication{}, primary_at(500, 1)}) {
    CatchUp replica;
    replica.look(primary_at(100, 10), replica_at(100));
    CHECK(replica.until_ns() == 10);
    replica.look(primary_at(100, 20), other);
    CHECK(replica.until_ns() == 0);
  }
  CatchUp replica;
  replica.look(primary_at(100, 10), replica_at(100));
  replica.look(Replication{}, replica_at(100));
  CHECK(replica.until_ns() == 0);
  // Another primary counts from elsewhere.
  replica.look(primary_at(100, 30), replica_at(50));
  replica.look(primary_at(40, 40, "new"), replica_at(50, "new"));
  CHECK(replica.until_ns() == 40);
}

}  // namespace slotway::proxy
