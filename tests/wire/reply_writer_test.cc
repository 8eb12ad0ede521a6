#include "wire/reply_writer.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>

#include "tests/wire/feed_replies.h"

namespace slotway::wire {

namespace {

using Write = std::function<void(ReplyWriter&)>;

std::string written(int version, const Write& write) {
  BlockPool pool;
  OutputBuffer out(pool);
  ReplyWriter writer(out, version);
  CHECK(writer.version() == version);
  CHECK(&writer.out() == &out);
  write(writer);
  std::string all;
  iovec entries[64];
  const size_t count = out.gather(entries, 64);
  for (size_t i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(entries[i].iov_base), entries[i].iov_len);
  }
  return all;
}

// What a writer of each version writes.
void check(const Write& write, const std::string& resp2, const std::string& resp3) {
  CHECK(written(2, write) == resp2);
  CHECK(written(3, write) == resp3);
}

void check_both(const Write& write, const std::string& resp) { check(write, resp, resp); }

}  // namespace

TEST_CASE("the types of RESP2") {
  check_both([](auto& w) { w.simple("PONG"); }, "+PONG\r\n");
  check_both([](auto& w) { w.simple(""); }, "+\r\n");
  check_both([](auto& w) { w.ok(); }, "+OK\r\n");
  check_both([](auto& w) { w.integer(0); }, ":0\r\n");
  check_both([](auto& w) { w.integer(std::numeric_limits<int64_t>::min()); },
             ":-9223372036854775808\r\n");
  check_both([](auto& w) { w.integer(std::numeric_limits<int64_t>::max()); },
             ":9223372036854775807\r\n");
  check_both([](auto& w) { w.bulk(""); }, "$0\r\n\r\n");
  check_both([](auto& w) { w.bulk(std::string_view()); }, "$0\r\n\r\n");
  check_both([](auto& w) { w.bulk({"a\r\n\0b", 5}); }, std::string("$5\r\na\r\n\0b\r\n", 11));
  check_both([](auto& w) { w.array(0); }, "*0\r\n");
  check_both([](auto& w) { w.array(1000000); }, "*1000000\r\n");
  check_both([](auto& w) { w.raw("*1\r\n:7\r\n"); }, "*1\r\n:7\r\n");
}

TEST_CASE("the code of an error is known") {
  BlockPool pool;
  OutputBuffer out(pool);
  ReplyWriter writer(out);
  writer.ok();
  CHECK_FALSE(writer.wrote_error());
  CHECK(writer.error_code().empty());
  const std::pair<std::string, std::string> cases[] = {
      {"WRONGTYPE Operation against", "WRONGTYPE"},
      {"ERR", "ERR"},
      {"", "ERR"},
      {" begins with a space", "ERR"},
      {std::string(31, 'x') + " y", std::string(31, 'x')},
      {std::string(32, 'x') + " y", "ERR"},
  };
  for (const auto& [line, code] : cases) {
    writer.error(line);
    CHECK(writer.wrote_error());
    CHECK(writer.error_code() == code);
  }
}

TEST_CASE("the types of RESP3, and their form in RESP2") {
  check([](auto& w) { w.null(); }, "$-1\r\n", "_\r\n");
  check([](auto& w) { w.null_array(); }, "*-1\r\n", "_\r\n");
  check([](auto& w) { w.map(2); }, "*4\r\n", "%2\r\n");
  check([](auto& w) { w.set(3); }, "*3\r\n", "~3\r\n");
  check([](auto& w) { w.push(3); }, "*3\r\n", ">3\r\n");
  check([](auto& w) { w.boolean(true); }, ":1\r\n", "#t\r\n");
  check([](auto& w) { w.boolean(false); }, ":0\r\n", "#f\r\n");
  check([](auto& w) { w.verbatim("txt", "hi"); }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n");
  check([](auto& w) { w.verbatim("txt", ""); }, "$0\r\n\r\n", "=4\r\ntxt:\r\n");
}

TEST_CASE("doubles are printed as Redis prints them") {
  const auto both = [](double value, const std::string& digits) {
    check([value](auto& w) { w.real(value); },
          "$" + std::to_string(digits.size()) + "\r\n" + digits + "\r\n", "," + digits + "\r\n");
  };
  both(0, "0");
  both(3, "3");
  both(-1.5, "-1.5");
  both(0.1, "0.10000000000000001");
  both(1e300, "1.0000000000000001e+300");
  both(std::numeric_limits<double>::infinity(), "inf");
  both(-std::numeric_limits<double>::infinity(), "-inf");
  both(std::numeric_limits<double>::quiet_NaN(), "nan");
  both(-std::numeric_limits<double>::quiet_NaN(), "nan");
}

TEST_CASE("an error is one line, whatever its text") {
  check_both([](auto& w) { w.error("ERR no such key"); }, "-ERR no such key\r\n");
  check_both([](auto& w) { w.error("ERR a\r\nb\n\rc\n"); }, "-ERR a  b  c\r\n");
  check_both([](auto& w) { w.error("\r\n"); }, "-\r\n");
  check_both([](auto& w) { w.error(""); }, "-\r\n");
  check_both(
      [](auto& w) {
        w.error(Error{"CROSSSLOT", "Keys\r\n+OK\r\n"});
      },
      "-CROSSSLOT Keys  +OK\r\n");
}

TEST_CASE("large payloads and long lines are written whole") {
  const std::string large(300000, 'x');
  check_both([&](auto& w) { w.bulk(large); }, "$300000\r\n" + large + "\r\n");
  check_both([&](auto& w) { w.error(large); }, "-" + large + "\r\n");
}

TEST_CASE("what is written frames as one reply") {
  for (const int version : {2, 3}) {
    const std::string reply = written(version, [](ReplyWriter& w) {
      w.array(6);
      w.map(1);
      w.bulk("key");
      w.real(1.25);
      w.set(1);
      w.null();
      w.boolean(true);
      w.verbatim("txt", "line\r\n");
      w.error("ERR a\nb");
      w.null_array();
    });
    const SeenReplies seen = frame_bytewise(reply, version);
    CHECK_FALSE(seen.malformed);
    CHECK(seen.frames.size() == 1);
    CHECK(seen.left == 0);
  }
}

}  // namespace slotway::wire
