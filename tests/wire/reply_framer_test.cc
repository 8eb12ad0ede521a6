#include "wire/reply_framer.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/wire/feed_replies.h"

namespace slotway::wire {

namespace {

using namespace std::string_literals;

// The stream whole, byte by byte and cut at each offset; all must give the same.
SeenReplies frame_every_way(const std::string& stream, int version) {
  const SeenReplies whole = frame_whole(stream, version);
  INFO("stream: ", stream.substr(0, 80));
  CHECK(whole.breach == "");
  CHECK(frame_bytewise(stream, version) == whole);
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    if (!(frame_cut(stream, version, cut) == whole)) FAIL("another result when cut at " << cut);
  }
  return whole;
}

bool malformed(const std::string& stream, int version) {
  return frame_every_way(stream, version).malformed;
}

// True if `stream` is one whole frame, found however it is cut, and each shorter part is none.
bool one_frame(const std::string& stream, int version) {
  const SeenReplies seen = frame_every_way(stream, version);
  if (seen.malformed || seen.frames.size() != 1 || seen.left != 0) return false;
  for (size_t size = 1; size < stream.size(); ++size) {
    const SeenReplies part = frame_whole(stream.substr(0, size), version);
    if (part.malformed || !part.frames.empty()) return false;
  }
  return seen.frames[0].bytes == stream;
}

const std::vector<std::string> kResp2 = {
    "+OK\r\n",
    "+\r\n",
    "-ERR unknown command 'x', with args beginning with: \r\n",
    "-\r\n",
    ":0\r\n",
    ":-1\r\n",
    ":9223372036854775807\r\n",
    ":-9223372036854775808\r\n",
    "$0\r\n\r\n",
    "$5\r\nhello\r\n",
    "$12\r\n$5\r\nhello\r\n\n\r\n",
    "$3\r\n\0\r\n\r\n"s,
    "$-1\r\n",
    "*-1\r\n",
    "*0\r\n",
    "*1\r\n:1\r\n",
    "*3\r\n$1\r\na\r\n$-1\r\n*-1\r\n",
    "*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n+x\r\n",
    "*2\r\n-ERR inside\r\n*1\r\n*1\r\n*1\r\n$1\r\n*\r\n",
};

const std::vector<std::string> kResp3 = {
    "_\r\n",
    "#t\r\n",
    "#f\r\n",
    ",3.25\r\n",
    ",-1e-300\r\n",
    ",inf\r\n",
    ",-inf\r\n",
    ",nan\r\n",
    "(3492890328409238509324850943850943825024385\r\n",
    "(-1\r\n",
    "!21\r\nSYNTAX invalid syntax\r\n",
    "!0\r\n\r\n",
    "=15\r\ntxt:Some string\r\n",
    "%0\r\n",
    "%2\r\n+first\r\n:1\r\n$6\r\nsecond\r\n_\r\n",
    "~3\r\n+a\r\n#t\r\n,1.5\r\n",
    "~0\r\n",
    "*1\r\n%1\r\n~1\r\n:1\r\n*2\r\n_\r\n(1\r\n",
    "|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
    "|1\r\n+a\r\n*2\r\n:1\r\n:2\r\n|1\r\n+b\r\n:2\r\n+OK\r\n",
    "*2\r\n|1\r\n+ttl\r\n:1\r\n$1\r\na\r\n$1\r\nb\r\n",
    "*1\r\n|1\r\n|1\r\n+x\r\n+y\r\n+k\r\n+v\r\n+reply\r\n",
};

const std::vector<std::string> kPushes = {
    ">2\r\n+invalidate\r\n*1\r\n$3\r\nkey\r\n",
    ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n",
    ">2\r\n+invalidate\r\n_\r\n",
    "|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n",
};

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}

// A random well-formed value of version 3.
std::string random_value(std::mt19937& random, int depth) {
  const std::string tail = "\r\n";
  const auto blob = [&](const char* type) {
    std::string bytes(random() % 20, '\n');
    for (char& c : bytes) c = static_cast<char>(random());
    return type + std::to_string(bytes.size()) + tail + bytes + tail;
  };
  const auto nested = [&](const char* type, size_t factor) {
    const size_t count = random() % 4;
    std::string all = type + std::to_string(count) + tail;
    for (size_t i = 0; i < count * factor; ++i) all += random_value(random, depth + 1);
    return all;
  };
  switch (random() % (depth > 5 ? 7 : 11)) {
    case 0:
      return "+text" + tail;
    case 1:
      return "-ERR text" + tail;
    case 2:
      return ":" + std::to_string(static_cast<int>(random())) + tail;
    case 3:
      return blob("$");
    case 4:
      return blob("!");
    case 5:
      return blob("=");
    case 6:
      return random() % 2 ? "$-1\r\n" : "_\r\n";
    case 7:
      return nested("*", 1);
    case 8:
      return nested("%", 2);
    case 9:
      return nested("~", 1);
    default:
      return "|1\r\n" + random_value(random, depth + 1) + random_value(random, depth + 1) +
             random_value(random, depth + 1);
  }
}

}  // namespace

TEST_CASE("every type of RESP2 is framed, in both versions") {
  for (const std::string& reply : kResp2) {
    CAPTURE(reply);
    CHECK(one_frame(reply, 2));
    CHECK(one_frame(reply, 3));
  }
}

TEST_CASE(
    "every type of RESP3 is framed in version 3 and malformed in version 2") {  // hardening 25
  for (const std::string& reply : kResp3) {
    CAPTURE(reply);
    CHECK(one_frame(reply, 3));
    CHECK(malformed(reply, 2));
  }
  for (const std::string& push : kPushes) {
    CAPTURE(push);
    CHECK(one_frame(push, 3));
    CHECK(frame_whole(push, 3).frames[0].is_push);
    CHECK(malformed(push, 2));
  }
}

TEST_CASE("a stream of frames is cut at their ends") {
  for (const int version : {2, 3}) {
    std::vector<std::string> parts = kResp2;
    if (version == 3) {
      parts.insert(parts.end(), kResp3.begin(), kResp3.end());
      parts.insert(parts.end(), kPushes.begin(), kPushes.end());
    }
    const SeenReplies seen = frame_every_way(join(parts), version);
    REQUIRE(seen.frames.size() == parts.size());
    for (size_t i = 0; i < parts.size(); ++i) CHECK(seen.frames[i].bytes == parts[i]);
    CHECK(seen.left == 0);
  }
}

TEST_CASE("the type is that of the reply, not of what stands in it or before it") {
  const auto only = [](const std::string& stream) { return frame_whole(stream, 3).frames.at(0); };
  CHECK(only("*1\r\n-ERR x\r\n").type == '*');
  CHECK(only("-ERR x\r\n").type == '-');
  CHECK(only("!3\r\nERR\r\n").type == '!');
  CHECK(only("|1\r\n+a\r\n-b\r\n:1\r\n").type == ':');
  CHECK(only("|1\r\n+a\r\n+b\r\n-ERR x\r\n").type == '-');
  CHECK(only(">1\r\n+x\r\n").is_push);
  CHECK_FALSE(only("*1\r\n+x\r\n").is_push);
}

TEST_CASE("a bare CR or LF in a line is malformed") {  // hardening 25
  for (const int version : {2, 3}) {
    for (const std::string type : {"+", "-"}) {
      CHECK(malformed(type + "ERR a\nb\r\n", version));
      CHECK(malformed(type + "ERR a\rb\r\n", version));
      CHECK(malformed(type + "ERR a\r\r\n", version));
      CHECK(malformed(type + "ERR\n", version));
      CHECK(malformed(type + "\n\r\n", version));
      CHECK(malformed("*1\r\n" + type + "ERR a\nb\r\n", version));
    }
  }
  for (const std::string type : {",", "("}) CHECK(malformed(type + "1\n\r\n", 3));
}

TEST_CASE("bad numbers are malformed") {
  for (const std::string type : {":", "$", "*"}) {
    for (const std::string number :
         {"", "-", "+1", " 1", "1 ", "01", "00", "--1", "1-", "a", "1a", "1.5", "1\n",
          "99999999999999999999", "18446744073709551617"}) {
      CAPTURE(type + number);
      CHECK(malformed(type + number + "\r\n", 2));
      CHECK(malformed(type + number + "\r\n", 3));
    }
    CHECK(malformed(type + "1\rX", 2));
    CHECK(malformed(type + "\0"s, 2));
  }
  for (const std::string header : {"$-2", "*-2", "$-0", "*-0", "$-10", "$4294967297",
                                   "$9223372036854775807", "*2147483648", "*9223372036854775807"}) {
    CAPTURE(header);
    CHECK(malformed(header + "\r\n", 2));
  }
  for (const std::string type : {"!", "=", "%", "~", ">", "|"}) {
    CHECK(malformed(type + "-1\r\n", 3));
    CHECK(malformed(type + "01\r\n", 3));
    CHECK(malformed(type + "\r\n", 3));
  }
}

TEST_CASE("bad values are malformed") {
  CHECK(malformed("_x\r\n", 3));
  CHECK(malformed("#\r\n", 3));
  CHECK(malformed("#tt\r\n", 3));
  CHECK(malformed("*1\r\n>1\r\n+x\r\n", 3));  // a push inside of a reply
  CHECK(malformed("$?\r\n;1\r\na\r\n;0\r\n", 3));
  CHECK(malformed("*?\r\n:1\r\n.\r\n", 3));
  for (const char type : "\r\n ;.?/aZ\x7f\xff"s) CHECK(malformed(std::string(1, type), 3));
  CHECK(malformed("\0"s, 2));
}

TEST_CASE("a bulk must end in CRLF") {
  CHECK(malformed("$3\r\nabcXY", 2));
  CHECK(malformed("$3\r\nabc\rY", 2));
  CHECK(malformed("$3\r\nabc\n\r", 2));
  CHECK(malformed("$3\r\nabcd\r\n", 2));
  CHECK(malformed("$0\r\n+OK\r\n", 2));
  CHECK(malformed("!3\r\nabcXY", 3));
  CHECK(malformed("=3\r\nabcXY", 3));
}

TEST_CASE("nesting is capped") {  // hardening 14
  const auto nested = [](size_t depth, const char* level) {
    std::string stream;
    for (size_t i = 0; i < depth; ++i) stream += level;
    return stream;
  };
  CHECK(frame_whole(nested(ReplyFramer::kMaxDepth, "*1\r\n") + ":1\r\n", 2).frames.size() == 1);
  for (const size_t depth : {127u, 128u, 129u, 130u, 1000u}) {  // around where levels are allocated
    const std::string all = nested(depth, "*2\r\n:1\r\n") + ":1\r\n";
    CHECK(frame_whole(all + all + "+OK\r\n", 2).frames.size() == 3);
    CHECK(frame_bytewise(all + all + "+OK\r\n", 2).frames.size() == 3);
  }
  CHECK(frame_whole(nested(ReplyFramer::kMaxDepth + 1, "*1\r\n") + ":1\r\n", 2).malformed);
  for (const char* level : {"*1\r\n", "~1\r\n", "%1\r\n", "|1\r\n", "*2\r\n:1\r\n"}) {
    CHECK(frame_whole(nested(40000, level), 3).malformed);
    CHECK(frame_bytewise(nested(40000, level), 3).malformed);
  }
}

TEST_CASE("a bulk that comes in parts is taken whole, and nothing behind it") {
  ReplyFramer framer;
  size_t consumed = 0;
  CHECK(framer.feed("$1000000\r\nabc", consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(consumed == 13);
  CHECK(framer.feed(std::string(999997, 'x') + "\r\n:1", consumed) == ReplyFramer::Status::kReply);
  CHECK(consumed == 999999);
}

TEST_CASE("an empty piece changes nothing") {
  ReplyFramer framer;
  size_t consumed = 7;
  CHECK(framer.feed("", consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(consumed == 0);
  CHECK(framer.feed("+O", consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(framer.feed({}, consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(framer.feed("K\r\n", consumed) == ReplyFramer::Status::kReply);
}

TEST_CASE("random values in random pieces are cut at their ends") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> values;
    for (int i = 0; i < 20; ++i) values.push_back(random_value(random, 0));
    const SeenReplies seen =
        feed_replies(join(values), 3, [&random] { return 1 + random() % (1 << random() % 8); });
    CHECK(seen.breach == "");
    CHECK_FALSE(seen.malformed);
    REQUIRE(seen.frames.size() == values.size());
    for (size_t i = 0; i < values.size(); ++i) CHECK(seen.frames[i].bytes == values[i]);
  }
}

TEST_CASE("a bulk string that goes on says how much of it is missing") {
  ReplyFramer framer;
  size_t consumed = 0;
  CHECK(framer.feed("*2\r\n$10", consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(framer.missing() == 1);
  CHECK(framer.feed("0000\r\nabc", consumed) == ReplyFramer::Status::kNeedMore);
  CHECK(framer.missing() == 100000 - 3 + 2);
  CHECK(framer.feed(std::string(100000 - 3, 'x') + "\r", consumed) ==
        ReplyFramer::Status::kNeedMore);
  CHECK(framer.missing() == 1);
}

}  // namespace slotway::wire
