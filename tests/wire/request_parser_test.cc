#include "wire/request_parser.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/wire/feed_requests.h"

namespace slotway::wire {

namespace {

using namespace std::string_literals;
using Words = std::vector<std::string>;

// The stream whole, byte by byte and cut at each offset; all must give the same.
SeenRequests feed_every_way(const std::string& stream, const RequestLimits& limits = {}) {
  const SeenRequests whole = feed_whole(stream, limits);
  INFO("stream: ", stream.substr(0, 80));
  CHECK(whole.breach == "");
  CHECK(feed_bytewise(stream, limits) == whole);
  for (size_t cut = 1; cut < stream.size(); ++cut) {
    const SeenRequests pieces = feed_cut(stream, cut, limits);
    if (!(pieces == whole)) FAIL("another result when cut at " << cut);
  }
  return whole;
}

// A stream that must end in a protocol error, however it is cut.
std::string error_of(const std::string& stream, const RequestLimits& limits = {}) {
  return feed_every_way(stream, limits).error;
}

std::vector<Words> commands_of(const SeenRequests& seen) {
  std::vector<Words> commands;
  for (const SeenCommand& command : seen.commands) commands.push_back(command.args);
  return commands;
}

constexpr auto kBadBulk = "invalid bulk length";
constexpr auto kBadCount = "invalid multibulk length";

// Memory whose pages can be locked: a parser that goes back over what it has seen would fault.
class Trickle {
 public:
  explicit Trickle(const std::string& bytes)
      : size_(bytes.size()),
        mapped_((bytes.size() / page() + 2) * page()),
        base_(static_cast<char*>(
            mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(base_ != MAP_FAILED);
    std::copy(bytes.begin(), bytes.end(), base_);
  }
  ~Trickle() { munmap(base_, mapped_); }
  std::string_view first(size_t count) const { return {base_, count}; }
  // Keeps readable: the first page, the page of byte `at` and the one before.
  void lock_before(size_t at) {
    const size_t pages = at / page();
    if (pages >= 3) mprotect(base_ + page(), (pages - 2) * page(), PROT_NONE);
  }
  void unlock() { mprotect(base_, mapped_, PROT_READ); }
  size_t size() const { return size_; }

 private:
  static size_t page() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
  size_t size_;
  size_t mapped_;
  char* base_;
};

}  // namespace

TEST_CASE("commands come out of a pipeline, however it is cut") {
  const std::vector<Words> commands = {{"PING"},
                                       {"SET", "key", "value"},
                                       {"SET", "", ""},
                                       {"GET", "with\r\nCRLF"},
                                       {"GET", "with\0NUL"s},
                                       {"GET", "$3\r\nfoo\r\n"},
                                       {"MGET", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
                                       {"SET", "large", std::string(300, 'x')}};
  std::string stream;
  for (const Words& command : commands) stream += encode(command);
  const SeenRequests seen = feed_every_way(stream);
  CHECK(seen.error == "");
  CHECK(seen.left == 0);
  CHECK(commands_of(seen) == commands);
  for (const SeenCommand& command : seen.commands) CHECK_FALSE(command.is_inline);
}

TEST_CASE("inline and multi-bulk commands may be mixed") {
  const SeenRequests seen =
      feed_every_way("PING\r\n*1\r\n$4\r\nECHO\r\nset k \"a b\"\nPING\n*0\r\n\r\nGET k\r\n");
  CHECK(seen.error == "");
  CHECK(seen.left == 0);
  CHECK(commands_of(seen) ==
        std::vector<Words>{{"PING"}, {"ECHO"}, {"set", "k", "a b"}, {"PING"}, {"GET", "k"}});
  REQUIRE(seen.commands.size() == 5);
  CHECK(seen.commands[0].raw == "PING");
  CHECK(seen.commands[1].raw == "*1\r\n$4\r\nECHO\r\n");
  CHECK(seen.commands[2].raw == "set k \"a b\"");
  CHECK(seen.commands[2].is_inline);
}

TEST_CASE("an incomplete command waits, and says what it misses at least") {
  const std::string whole = encode({"SET", "key", "0123456789"});
  for (size_t size = 1; size < whole.size(); ++size) {
    const SeenRequests seen = feed_every_way(whole.substr(0, size));
    CHECK(seen.commands.empty());
    CHECK(seen.error == "");
    CHECK(seen.left == size);
    CHECK(seen.missing >= 1);
    CHECK(seen.missing <= whole.size() - size);
  }
  CHECK(feed_whole("*1\r\n$10\r\n0123").missing == 8);
}

TEST_CASE("an empty command gives nothing and the next one starts afresh") {  // hardening 1, 2
  for (const char* nothing : {"\r\n", "\n", "   \r\n", "*-10\r\n", "*0\r\n", "*-1\r\n"}) {
    CAPTURE(nothing);
    for (const auto& ping : {"PING\r\n"s, encode({"PING"})}) {
      const SeenRequests seen = feed_every_way(nothing + ping + nothing + nothing + ping);
      CHECK(seen.error == "");
      CHECK(seen.left == 0);
      CHECK(commands_of(seen) == std::vector<Words>{{"PING"}, {"PING"}});
    }
  }
}

TEST_CASE("a bad multi-bulk count is an error") {  // hardening 3, 11
  for (const char* count : {"3000000000",
                            "2147483648",
                            "18446744073709551617",
                            "9223372036854775807",
                            "9223372036854775808",
                            "-9223372036854775809",
                            "99999999999999999999",
                            "+5",
                            " 5",
                            "5 ",
                            "05",
                            "00",
                            "-0",
                            "-05",
                            "--5",
                            "-",
                            "",
                            "a",
                            "5a",
                            "0x5",
                            "1.0",
                            "1e3"}) {
    CAPTURE(count);
    CHECK(error_of("*"s + count + "\r\n") == kBadCount);
  }
  CHECK(error_of("*1\n$4\r\nPING\r\n") == kBadCount);  // a bare LF
  CHECK(error_of("*1\r$4\r\nPING\r\n") == kBadCount);  // a bare CR
  CHECK(error_of("*1\r\r\n$4\r\nPING\r\n") == kBadCount);
  CHECK(error_of("*\0"s) == kBadCount);  // hardening 8
  CHECK(error_of("*1\0\r\n"s) == kBadCount);
  CHECK(error_of("**1\r\n") == kBadCount);
}

TEST_CASE("the limit of the count is the caller's") {
  RequestLimits limits;
  limits.multibulk_count = 3;
  CHECK(feed_every_way(encode({"a", "b", "c"}), limits).commands.size() == 1);
  CHECK(error_of(encode({"a", "b", "c", "d"}), limits) == kBadCount);
  CHECK(feed_whole("*4194304\r\n").error == "");
  CHECK(error_of("*4194305\r\n") == kBadCount);
}

TEST_CASE("a declared length takes no memory") {  // hardening 3
  for (const char* header : {"*1048577\r\n", "*4194304\r\n", "*4194304\r\n$536870912\r\n",
                             "*1048577\r\n$1\r\na\r\n$536870912\r\nx"}) {
    RequestParser parser;
    Request request;
    size_t consumed = 0;
    CHECK(parser.parse(header, {}, request, consumed) == RequestParser::Status::kNeedMore);
    CHECK(request.args.capacity() <= 1);
    CHECK(request.unquoted.capacity() <= std::string().capacity());
    CHECK(parser.missing() > 1);
  }
}

TEST_CASE(
    "what is no bulk where one is due is an error that names the byte") {  // hardening 4, 6, 13
  CHECK(error_of("*1\r\nfooz\r\n") == "expected '$', got 'f'");
  CHECK(error_of("*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n") == "expected '$', got 'f'");
  CHECK(error_of("*1\r\n*1\r\n$4\r\nPING\r\n") == "expected '$', got '*'");
  CHECK(error_of("*2\r\n$3\r\nGET\r\n:1\r\n") == "expected '$', got ':'");
  CHECK(error_of("*1\r\n\0"s) == "expected '$', got '\\x00'");
  CHECK(error_of("*1\r\n\r\n") == "expected '$', got '\\x0d'");
  CHECK(error_of("*1\r\n\xff") == "expected '$', got '\\xff'");
}

TEST_CASE("a bad bulk length is an error") {  // hardening 5, 11
  for (const char* size : {"-10", "-1", "2000000000", "blabla", "2147483645", "536870913",
                           "9223372036854775807", "18446744073709551617", "99999999999999999999",
                           "+5", " 5", "5 ", "05", "00", "-0", "", "-", "0x1"}) {
    CAPTURE(size);
    CHECK(error_of("*1\r\n$"s + size + "\r\n") == kBadBulk);
    CHECK(error_of("*2\r\n$3\r\nGET\r\n$"s + size + "\r\nfoo\r\n") == kBadBulk);
  }
  CHECK(error_of("*1\r\n$4\nPING\r\n") == kBadBulk);
  CHECK(error_of("*1\r\n$4\rPING\r\n") == kBadBulk);
  CHECK(error_of("*1\r\n$\0"s) == kBadBulk);
}

TEST_CASE("a bulk must end in CRLF") {  // hardening 12
  constexpr auto kError = "expected CRLF after bulk";
  CHECK(error_of("*1\r\n$3\r\nabcXY") == kError);
  CHECK(error_of("*1\r\n$3\r\nabc\rY") == kError);
  CHECK(error_of("*1\r\n$3\r\nabcX\n") == kError);
  CHECK(error_of("*1\r\n$3\r\nabc\n\r") == kError);
  CHECK(error_of("*1\r\n$3\r\nabcd\r\n") == kError);
  CHECK(error_of("*2\r\n$3\r\nabcXY$1\r\na\r\n") == kError);
  const SeenRequests seen = feed_every_way(encode({"PING"}) + "*1\r\n$3\r\nabcXY");
  CHECK(seen.commands.size() == 1);  // what came before is good
  CHECK(seen.error == kError);
}

TEST_CASE("endless bytes without a newline end in an error at 64 KiB") {  // hardening 8, 9
  const RequestLimits limits;
  for (const char first : {'\0', '$', 'a', ' ', '"'}) {
    std::string line(limits.inline_size, 'x');
    line[0] = first;
    CHECK(feed_whole(line).error == "");
    CHECK(feed_whole(line).left == line.size());
    line += 'x';
    CHECK(feed_whole(line).error == "too big inline request");
    CHECK(feed_cut(line, line.size() - 1).error == "too big inline request");
    CHECK(feed_whole(line + "\r\n").error == "too big inline request");
  }
  const std::string longest = "ECHO " + std::string(limits.inline_size - 6, 'y');
  CHECK(feed_whole(longest + "\r\n").commands.size() == 1);  // the CR counts
  CHECK(feed_whole(longest + "zz\r\n").error == "too big inline request");
  // A number that never ends is refused long before.
  CHECK(feed_bytewise("*" + std::string(100, '1')).error == kBadCount);
  CHECK(feed_bytewise("*1\r\n$" + std::string(100, '1')).error == kBadBulk);
}

TEST_CASE("inline quoting is an error or a value") {  // hardening 7, 15
  constexpr auto kUnbalanced = "unbalanced quotes in request";
  CHECK(error_of("GET \"foo\r\n") == kUnbalanced);
  CHECK(error_of("GET 'foo\r\n") == kUnbalanced);
  CHECK(error_of("\"\r\n") == kUnbalanced);
  CHECK(error_of("'\r\n") == kUnbalanced);
  CHECK(error_of("GET \"a\"b\r\n") == kUnbalanced);
  CHECK(error_of("GET \"x\\x4\r\n") == kUnbalanced);
  CHECK(commands_of(feed_every_way("GET \"x\\x4\"\r\n")) == std::vector<Words>{{"GET", "xx4"}});
  CHECK(commands_of(feed_every_way("PING \"ax\\xff\"\r\n")) ==
        std::vector<Words>{{"PING", "ax\xff"}});
  CHECK(commands_of(feed_every_way("PING x y z\r\n")) ==
        std::vector<Words>{{"PING", "x", "y", "z"}});  // hardening 10: the arity is not ours
  CHECK(commands_of(feed_every_way("PING\n")) == std::vector<Words>{{"PING"}});
}

TEST_CASE("40,000 nested arrays are refused at the second") {  // hardening 14
  std::string stream;
  for (int i = 0; i < 40000; ++i) stream += "*1\r\n";
  const SeenRequests seen = feed_whole(stream);
  CHECK(seen.error == "expected '$', got '*'");
  CHECK(seen.left == stream.size());
}

TEST_CASE("before AUTH only small commands are taken") {  // hardening 17
  RequestLimits limits;
  limits.authenticated = false;
  CHECK(error_of("*100\r\n", limits) == "unauthenticated multibulk length");
  CHECK(error_of("*11\r\n", limits) == "unauthenticated multibulk length");
  CHECK(error_of("*1\r\n$100000000\r\n", limits) == "unauthenticated bulk length");
  CHECK(error_of("*1\r\n$16385\r\n", limits) == "unauthenticated bulk length");
  CHECK(error_of("*3000000000\r\n", limits) == kBadCount);
  const std::string allowed = encode(Words(10, std::string(16384, 'a')));
  CHECK(feed_whole(allowed, limits).commands.size() == 1);
  CHECK(commands_of(feed_every_way("*2\r\n$4\r\nAUTH\r\n$1\r\np\r\nAUTH p\r\n", limits)).size() ==
        2);
}

TEST_CASE("a whole command has a limit in bytes") {
  RequestLimits limits;
  limits.request_size = 100;
  CHECK(feed_every_way(encode({"SET", "k", std::string(60, 'v')}), limits).commands.size() == 1);
  CHECK(error_of(encode({"SET", "k", std::string(90, 'v')}), limits) ==
        "request is larger than request_size");
  CHECK(error_of(encode(Words(50, "k")), limits) == "request is larger than request_size");
  CHECK(error_of(encode(Words(50, "")), limits) == "request is larger than request_size");
}

TEST_CASE("the parser can be used again after an error of another stream") {
  RequestParser parser;
  Request request;
  size_t consumed = 0;
  CHECK(parser.parse("*2\r\n$1\r\na\r\n", {}, request, consumed) ==
        RequestParser::Status::kNeedMore);
  CHECK(parser.parse("*2\r\n$1\r\na\r\nX", {}, request, consumed) == RequestParser::Status::kError);
  CHECK(parser.parse("*1\r\n$4\r\nPING\r\n", {}, request, consumed) ==
        RequestParser::Status::kCommand);
  CHECK(consumed == 14);
  CHECK(parser.parse("", {}, request, consumed) == RequestParser::Status::kNeedMore);
}

TEST_CASE("a trickle costs linear time: no call goes back over what was checked before") {
  std::string inline_line = "DEL";
  for (int i = 0; inline_line.size() < 60000; ++i) inline_line += " key:" + std::to_string(i);
  inline_line += "\r\n";
  const std::string streams[] = {
      encode(Words(20000, "abc")),                             // many small arguments
      encode({"SET", "key", std::string(200000, 'v'), "PX"}),  // one large one
      inline_line,
  };
  for (const std::string& stream : streams) {
    Trickle trickle(stream);
    RequestParser parser;
    Request request;
    size_t consumed = 0;
    bool waited = true;
    for (size_t size = 1; size < stream.size(); ++size) {
      waited = waited && parser.parse(trickle.first(size), {}, request, consumed) ==
                             RequestParser::Status::kNeedMore;
      trickle.lock_before(size);
    }
    CHECK(waited);
    trickle.unlock();
    CHECK(parser.parse(trickle.first(stream.size()), {}, request, consumed) ==
          RequestParser::Status::kCommand);
    CHECK(consumed == stream.size());
  }
}

}  // namespace slotway::wire
