#include "tests/bench/load/exchange.h"

#include <doctest/doctest.h>

#include <map>

namespace slotway::load {

namespace {

using Kind = Command::Kind;
using MayMiss = Exchange::MayMiss;
using Verdict = Exchange::Verdict;

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

struct Parts {
  explicit Parts(MayMiss may_miss = MayMiss::kAny) : exchange(values, "me", may_miss) {}

  std::string asked(const Command& command) {
    wire::OutputBuffer out(pool);
    exchange.ask(command, out);
    std::string bytes;
    for (const wire::BlockRange& range : out.ranges()) bytes += range.view();
    return bytes;
  }
  std::string value(KeyNumber key) { return bulk(values.value(key)); }

  wire::BlockPool pool;
  KeyValues values{20};
  Exchange exchange;
};

}  // namespace

TEST_CASE("commands as they are sent") {
  Parts parts;
  CHECK(parts.asked({Kind::kGet, {42}}) == "*2\r\n$3\r\nGET\r\n$14\r\nkey:0000000042\r\n");
  CHECK(parts.asked({Kind::kSet, {7}}) ==
        "*3\r\n$3\r\nSET\r\n$14\r\nkey:0000000007\r\n$20\r\nkey:0000000007key:00\r\n");
  CHECK(parts.asked({Kind::kMget, {1, 2, 3}}) == "*4\r\n" + bulk("MGET") + bulk("key:0000000001") +
                                                     bulk("key:0000000002") +
                                                     bulk("key:0000000003"));
  CHECK(parts.asked({Kind::kMset, {1, 2, 3}}).starts_with("*7\r\n$4\r\nMSET\r\n"));
  CHECK(parts.asked({Kind::kIncr}) == "*2\r\n" + bulk("INCR") + bulk("me"));
  CHECK(parts.asked({Kind::kPing}) == "*1\r\n" + bulk("PING"));
}

TEST_CASE("a value is that of its key, in each of its bytes") {
  Parts parts;
  const Command get{Kind::kGet, {42}};
  const std::string right = parts.value(42);
  CHECK(parts.exchange.judge(get, right) == Verdict::kRight);
  CHECK(parts.exchange.judge(get, parts.value(43)) == Verdict::kWrong);
  CHECK(parts.exchange.judge(get, "$0\r\n\r\n") == Verdict::kWrong);
  CHECK(parts.exchange.judge(get, "+OK\r\n") == Verdict::kWrong);
  CHECK(parts.exchange.judge(get, "-ERR no\r\n") == Verdict::kError);
  for (size_t i = 0; i < right.size() - 2; ++i) {
    CAPTURE(i);
    std::string wrong = right;
    ++wrong[i];
    CHECK(parts.exchange.judge(get, wrong) == Verdict::kWrong);
  }
}

TEST_CASE("which keys may be missing") {
  const Command get{Kind::kGet, {42}};
  const Command get_deleted{Kind::kGet, {47}};
  const std::string none = "$-1\r\n";
  CHECK(Parts(MayMiss::kAny).exchange.judge(get, none) == Verdict::kMissing);
  CHECK(Parts(MayMiss::kDeletedAtTimes).exchange.judge(get, none) == Verdict::kWrong);
  CHECK(Parts(MayMiss::kDeletedAtTimes).exchange.judge(get_deleted, none) == Verdict::kMissing);
  CHECK(Parts(MayMiss::kNone).exchange.judge(get_deleted, none) == Verdict::kWrong);
}

TEST_CASE("MGET: each value in its place") {
  Parts parts;
  const Command mget{Kind::kMget, {1, 2, 3}};
  const auto judge = [&](const std::string& reply) { return parts.exchange.judge(mget, reply); };
  CHECK(judge("*3\r\n" + parts.value(1) + parts.value(2) + parts.value(3)) == Verdict::kRight);
  CHECK(judge("*3\r\n" + parts.value(1) + "$-1\r\n" + parts.value(3)) == Verdict::kMissing);
  CHECK(judge("*3\r\n" + parts.value(1) + parts.value(3) + parts.value(2)) == Verdict::kWrong);
  CHECK(judge("*2\r\n" + parts.value(1) + parts.value(2)) == Verdict::kWrong);
  CHECK(judge(parts.value(1)) == Verdict::kWrong);
}

TEST_CASE("INCR: one more each time, from wherever it starts") {
  Parts parts;
  const Command incr{Kind::kIncr};
  const auto judge = [&](const std::string& reply) { return parts.exchange.judge(incr, reply); };
  CHECK(judge(":5\r\n") == Verdict::kRight);
  CHECK(judge(":6\r\n") == Verdict::kRight);
  CHECK(judge(":6\r\n") == Verdict::kWrong);
  CHECK(judge(":8\r\n") == Verdict::kWrong);
  CHECK(judge("-ERR lost\r\n") == Verdict::kError);
  CHECK(judge(":10\r\n") == Verdict::kRight);  // what failed may have been executed
  CHECK(judge("+OK\r\n") == Verdict::kWrong);
}

TEST_CASE("the other commands") {
  Parts parts;
  const auto judge = [&](Kind kind, const std::string& reply) {
    return parts.exchange.judge({kind, {7}}, reply);
  };
  CHECK(judge(Kind::kSet, "+OK\r\n") == Verdict::kRight);
  CHECK(judge(Kind::kSet, "$-1\r\n") == Verdict::kWrong);
  CHECK(judge(Kind::kMset, "+OK\r\n") == Verdict::kRight);
  CHECK(judge(Kind::kDel, ":1\r\n") == Verdict::kRight);
  CHECK(judge(Kind::kDel, ":0\r\n") == Verdict::kMissing);
  CHECK(judge(Kind::kDel, ":2\r\n") == Verdict::kWrong);
  CHECK(judge(Kind::kPing, "+PONG\r\n") == Verdict::kRight);
  CHECK(judge(Kind::kEcho, "$2\r\nme\r\n") == Verdict::kRight);
  CHECK(judge(Kind::kEcho, "$2\r\nus\r\n") == Verdict::kWrong);
}

TEST_CASE("a workload is the same again for the same seed, and has every command") {
  const Workload one(Workload::Mix::kMixed, 1000, 1);
  const Workload again(Workload::Mix::kMixed, 1000, 1);
  const Workload other(Workload::Mix::kMixed, 1000, 2);
  std::map<Kind, int> kinds;
  int equal = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    const Command command = one.command(i);
    ++kinds[command.kind];
    REQUIRE(describe(command) == describe(again.command(i)));
    equal += describe(command) == describe(other.command(i)) ? 1 : 0;
    if (command.kind == Kind::kDel) CHECK(KeyValues::is_deleted_at_times(command.keys[0]));
  }
  for (Kind kind : {Kind::kGet, Kind::kSet, Kind::kIncr, Kind::kMget, Kind::kMset, Kind::kDel}) {
    CHECK(kinds[kind] > 20);
  }
  CHECK(equal < 100);  // INCRs are alike in all runs
}

}  // namespace slotway::load
