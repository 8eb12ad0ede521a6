#include "tests/bench/load/exchange.h"

#include <doctest/doctest.h>

namespace slotway::load {

namespace {

using Kind = Command::Kind;
using MayMiss = Exchange::MayMiss;
using Verdict = Exchange::Verdict;

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

struct Parts {
  explicit Parts(MayMiss may_miss = MayMiss::kAny) : common{KeyValues(14, 20), may_miss} {}

  std::string asked(const Command& command) {
    wire::OutputBuffer out(pool);
    exchange.ask(command, out);
    std::string bytes;
    for (const wire::BlockRange& range : out.ranges()) bytes += range.view();
    return bytes;
  }
  std::string value(KeyNumber key) { return bulk(common.key_values.value(key)); }

  wire::BlockPool pool;
  Exchange::Common common;
  Exchange exchange{common, "me"};
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

TEST_CASE("SET with a condition and a TTL") {
  Parts parts;
  const Command add{Kind::kAdd, {7}, 300};
  CHECK(parts.asked(add) == "*6\r\n" + bulk("SET") + bulk("key:0000000007") + parts.value(7) +
                                bulk("NX") + bulk("EX") + bulk("300"));
  CHECK(parts.asked({Kind::kReplace, {7}}) ==
        "*4\r\n" + bulk("SET") + bulk("key:0000000007") + parts.value(7) + bulk("XX"));
  CHECK(parts.asked({Kind::kSet, {7}, 9}).ends_with(bulk("EX") + bulk("9")));
  CHECK(parts.exchange.judge(add, "+OK\r\n") == Verdict::kRight);
  CHECK(parts.exchange.judge(add, "$-1\r\n") == Verdict::kRight);  // it was there
  CHECK(parts.exchange.judge(add, ":1\r\n") == Verdict::kWrong);
}

TEST_CASE("INCR of a shared counter: more than any reply that was there when it was asked") {
  Parts parts;
  Exchange other(parts.common, "other");
  const Command count{Kind::kCount, {7}};
  const auto ask_other = [&] {
    wire::OutputBuffer out(parts.pool);
    other.ask(count, out);
  };
  CHECK(parts.asked(count) == "*2\r\n" + bulk("INCR") + bulk("cnt:0000000007"));
  CHECK(parts.exchange.judge(count, ":5\r\n") == Verdict::kRight);
  // Two at once: either may be the first.
  parts.asked(count);
  ask_other();
  CHECK(other.judge(count, ":7\r\n") == Verdict::kRight);
  CHECK(parts.exchange.judge(count, ":6\r\n") == Verdict::kRight);
  ask_other();
  CHECK(other.judge(count, ":7\r\n") == Verdict::kWrong);
  ask_other();
  CHECK(other.judge(count, "-ERR no\r\n") == Verdict::kError);
  ask_other();
  CHECK(other.judge(count, ":8\r\n") == Verdict::kRight);
}

TEST_CASE("keys and values of other sizes") {
  KeyValues values(20, 67);
  CHECK(values.key(42) == "key:0000000000000042");
  CHECK(values.counter(42) == "cnt:0000000000000042");
  const std::string value(values.value(42));
  CHECK(value.size() == 67);
  CHECK(value.starts_with("key:0000000000000042key:0000000000000042key:"));
  CHECK(values.is_value_of(42, value));
  CHECK_FALSE(values.is_value_of(43, value));
  CHECK(KeyValues(14, 14).value(4294967295) == "key:4294967295");
}

}  // namespace slotway::load
