// Payloads of DUMP: what is written is read back, what Redis wrote is read, and no other bytes are.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "backend/rdb/crc64.h"
#include "backend/rdb/decoder.h"
#include "backend/rdb/payload.h"
#include "backend/rdb/reader.h"
#include "backend/rdb/writer.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

std::vector<std::string> decoded(std::string_view bytes) {
  RdbValue value;
  if (!decode_value(bytes, value)) return {"wrong"};
  std::vector<std::string> all(value.elements.begin(), value.elements.end());
  for (const double score : value.scores) all.push_back(std::to_string(score));
  return all;
}

std::string string_value(std::string_view bytes) {
  RdbWriter writer(false);
  writer.string(bytes);
  return writer.take();
}

using Texts = std::vector<std::string>;

// {"", 1234, "abc"}
const std::string kZiplist(
    "\x16\0\0\0\x10\0\0\0\x03\0"
    "\0\0"
    "\x02\xc0\xd2\x04"
    "\x04\x03"
    "abc\xff",
    22);

}  // namespace

TEST_CASE("the checksum is Redis's") { CHECK(crc64("123456789") == 0xe9c6d914c4b8d9caULL); }

TEST_CASE("strings of every form come back") {
  Texts texts = {"", "0", "-1", "127", "-129", "70000", "-2147483648", "2147483648", "007", "+1"};
  for (const size_t size : {63u, 64u, 16383u, 16384u, 70000u}) {
    texts.emplace_back(size, 'x');
    std::string noise(size, ' ');
    std::mt19937 random(1);
    for (char& c : noise) c = static_cast<char>(random());
    texts.push_back(noise);
  }
  for (const bool compresses : {false, true}) {
    for (const std::string& text : texts) {
      RdbWriter writer(compresses);
      writer.string(text);
      std::deque<std::string> made;
      RdbReader reader(writer.bytes(), made);
      CHECK(reader.string() == text);
      CHECK_FALSE(reader.failed());
      CHECK(reader.at_end());
      if (writer.bytes().size() > 1000) continue;
      for (size_t cut = 0; cut < writer.bytes().size(); ++cut) {
        RdbReader shorter(std::string_view(writer.bytes()).substr(0, cut), made);
        shorter.string();
        CHECK(shorter.failed());
      }
    }
  }
}

TEST_CASE("what only earlier versions wrote is read") {
  CHECK(decoded("\x0a" + string_value(kZiplist)) == Texts{"", "1234", "abc"});
  CHECK(decoded("\x0e\x01" + string_value(kZiplist)) == Texts{"", "1234", "abc"});
  CHECK(decoded("\x0d" + string_value(kZiplist)) == Texts{"wrong"});  // a field without a value
  const std::string zipmap(
      "\x02\x03"
      "foo\x03\x01"
      "bar?\x05"
      "hello\x05\0world\xff",
      25);
  CHECK(decoded("\x09" + string_value(zipmap)) == Texts{"foo", "bar", "hello", "world"});
  CHECK(decoded(std::string("\x01\x02\x01"
                            "a\xc0\x05",
                            6)) == Texts{"a", "5"});
  CHECK(decoded(std::string("\x03\x02\x01"
                            "a\x03"
                            "1.5\x01"
                            "b\xfe",
                            11)) == Texts{"a", "b", "1.500000", "inf"});
  CHECK(decoded(std::string("\x03\x01\x01"
                            "a\xfd",
                            5)) == Texts{"wrong"});  // not a number
}

TEST_CASE("what is not sound is refused") {
  CHECK(decoded("") == Texts{"wrong"});
  CHECK(decoded("\x06\x01") == Texts{"wrong"});  // a module's
  CHECK(decoded(std::string("\0\x01"
                            "ab",
                            4)) == Texts{"wrong"});  // a byte too many
  CHECK(decoded("\x02\x02\x01"
                "a\x01"
                "a") == Texts{"wrong"});                       // twice the same member
  CHECK(decoded(std::string("\x02\0", 2)) == Texts{"wrong"});  // empty
  CHECK(decoded("\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                "a") == Texts{"wrong"});
  CHECK(decoded(std::string("\0\xc3\x01\x81\x7f\xff\xff\xff\xff\xff\xff\xff"
                            "a",
                            13)) == Texts{"wrong"});  // claims to be compressed a little too well
}

// Every bit of these once, and then at random: whatever comes out, nothing is read beyond the end.
TEST_CASE("damaged bytes are refused or read as something else") {
  const std::string samples[] = {
      "\x0a" + string_value(kZiplist),
      "\x0e\x01" + string_value(kZiplist),
      "\x09" + string_value(std::string("\x01\x03"
                                        "foo\x03\x01"
                                        "bar?\xff",
                                        12)),
      std::string("\x05\x01\x01"
                  "a\0\0\0\0\0\0\0\0",
                  12),
      "\x0b" + string_value(std::string("\x02\0\0\0\x02\0\0\0\x01\0\x02\0", 12)),
      "\x10" + string_value(std::string("\x0d\0\0\0\x02\0\x81"
                                        "a\x02\x81"
                                        "b\x02\xff",
                                        13)),
      "\x12\x01\x02" + string_value(std::string("\x0d\0\0\0\x02\0\x81"
                                                "a\x02\x05\x01\xff",
                                                12)),
  };
  std::mt19937_64 random(7);
  for (const std::string& sample : samples) {
    const auto look = [](std::string bytes) {
      // On the heap and of the exact size, for the sanitizer.
      bytes.shrink_to_fit();
      RdbValue value;
      if (!decode_value(bytes, value)) return;
      CHECK_FALSE(value.elements.empty());
    };
    for (size_t bit = 0; bit < sample.size() * 8; ++bit) {
      std::string bytes = sample;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      look(bytes);
    }
    for (int round = 0; round < 20000; ++round) {
      std::string bytes = sample;
      for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      if (random() % 4 == 0) bytes.resize(random() % bytes.size());
      look(bytes);
    }
  }
}

TEST_CASE("a payload with any bit flipped is none") {
  ManualClock clock;
  Engine engine(1, clock);
  Entry* const entry =
      make_string(engine.blocks(), "k", std::string(100, 'x') + "y", Entry::kNoExpiry);
  const std::string payload = dump_payload(entry, true);
  Reclaimer::dispose(entry);
  CHECK(is_payload(payload));
  RdbValue value;
  CHECK(decode_payload(payload, value));
  CHECK(value.elements[0] == std::string(100, 'x') + "y");
  for (size_t bit = 0; bit < payload.size() * 8; ++bit) {
    std::string bytes = payload;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    CHECK_FALSE(is_payload(bytes));
  }
  for (size_t cut = 0; cut < payload.size(); ++cut) CHECK_FALSE(is_payload(payload.substr(0, cut)));
}

}  // namespace slotway::backend
