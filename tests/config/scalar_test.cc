#include "config/scalar.h"

#include <doctest/doctest.h>

#include <array>

namespace slotway::config {

namespace {

using std::chrono::milliseconds;

template <typename T>
bool is(const Result<T>& result, const T& value) {
  return result.ok() && *result == value;
}

template <typename Parse>
void check_refused(const Parse& parse, std::initializer_list<std::string_view> texts,
                   std::string_view message) {
  for (const std::string_view text : texts) {
    CAPTURE(text);
    const auto result = parse(text);
    REQUIRE(!result.ok());
    CHECK(result.error().message == message);
  }
}

}  // namespace

TEST_CASE("whole numbers are decimal") {
  const Count count{1, 1000};
  CHECK(is<uint64_t>(count("1"), 1));
  CHECK(is<uint64_t>(count("1000"), 1000));
  CHECK(is<uint64_t>(count("0777"), 777));
  CHECK(is<uint64_t>(count("010"), 10));
  CHECK(is<uint64_t>(Count{0, UINT64_MAX}("18446744073709551615"), UINT64_MAX));
  check_refused(count,
                {"", "0", "1001", "-1", "+1", "0x10", "0o7", "1_000", "1e2", "1.0", "1,000", " 1",
                 "1 ", "ten", "18446744073709551617", ".inf"},
                "expected a whole number from 1 to 1000");
}

TEST_CASE("durations") {
  const Duration duration{milliseconds(0)};
  CHECK(is(duration("500ms"), milliseconds(500)));
  CHECK(is(duration("2s"), milliseconds(2000)));
  CHECK(is(duration("1m"), milliseconds(60'000)));
  CHECK(is(duration("24h"), milliseconds(86'400'000)));
  CHECK(is(duration("0s"), milliseconds(0)));
  CHECK(is(duration("0"), milliseconds(0)));
  CHECK(is(duration("010s"), milliseconds(10'000)));
  check_refused(duration,
                {"", "s", "2", "1.5s", "-1s", "1 s", "1S", "1sec", "1d", "25h", "86400001ms",
                 "18446744073709551615s", "99999999999999999999s", "1s2s"},
                "expected a duration from 0ms to 24h, such as 500ms, 2s or 1m");
  check_refused(Duration{milliseconds(1)}, {"0", "0s", "0ms"},
                "expected a duration from 1ms to 24h, such as 500ms, 2s or 1m");
}

TEST_CASE("sizes") {
  const Size size{1024, 4ull << 30};
  CHECK(is<uint64_t>(size("1024"), 1024));
  CHECK(is<uint64_t>(size("4096B"), 4096));
  CHECK(is<uint64_t>(size("64KiB"), 64 << 10));
  CHECK(is<uint64_t>(size("512MiB"), 512ull << 20));
  CHECK(is<uint64_t>(size("4GiB"), 4ull << 30));
  check_refused(size,
                {"", "MiB", "0", "1023", "1B", "512MB", "512mb", "512M", "512 MiB", "1.5GiB",
                 "5GiB", "-1MiB", "17179869184GiB", "0x400"},
                "expected a size from 1KiB to 4GiB, such as 64KiB, 512MiB or 1GiB");
  CHECK(Size{1, 1500}("x").error().message.find("from 1B to 1500B") != std::string::npos);
}

TEST_CASE("one of a few words") {
  constexpr std::array<std::string_view, 3> kWords = {"debug", "info", "warn"};
  const OneOf one_of{kWords};
  CHECK(is<std::string>(one_of("info"), "info"));
  check_refused(one_of, {"", "INFO", "inf"}, "expected debug, info or warn");
}

TEST_CASE("flags") {
  CHECK(is(parse_flag("true"), true));
  CHECK(is(parse_flag("false"), false));
  check_refused(parse_flag, {"", "yes", "no", "on", "off", "True", "FALSE", "0", "1", "y"},
                "expected true or false");
}

TEST_CASE("slots and ranges of them") {
  CHECK(is(parse_slot_range("0"), SlotRange{0, 0}));
  CHECK(is(parse_slot_range("16383"), SlotRange{16383, 16383}));
  CHECK(is(parse_slot_range("0-16383"), SlotRange{0, 16383}));
  CHECK(is(parse_slot_range("7-7"), SlotRange{7, 7}));
  CHECK(is(parse_slot_range("0010-0020"), SlotRange{10, 20}));
  check_refused(parse_slot_range,
                {"", "-", "-1", "1-", "-1-5", "5-4", "16384", "0-16384", "1-2-3", "1 - 2", "1..2",
                 "0,1", "all", "65536", "4294967296"},
                "expected a slot or a range of slots from 0 to 16383, such as 0-5460");
}

TEST_CASE("text and names") {
  CHECK(is<std::string>(parse_text(" caf\xc3\xa9 "), " caf\xc3\xa9 "));
  check_refused(parse_text, {"", "a\n", "\x7f", std::string_view("a\0b", 3)},
                "expected a line of text");
  CHECK(is<std::string>(parse_name("Redis_a-1.eu"), "Redis_a-1.eu"));
  CHECK(is<std::string>(parse_name(std::string(32, 'a')), std::string(32, 'a')));
  const std::string too_long(33, 'a');
  check_refused(parse_name, {"", "a b", "a/b", "caf\xc3\xa9", "a\n", "{a}", too_long},
                "expected a name of 1 to 32 letters, digits, '_', '-' and '.'");
}

}  // namespace slotway::config
