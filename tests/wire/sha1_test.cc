#include "wire/sha1.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::wire {

TEST_CASE("the examples of SHA-1 in FIPS 180-4") {
  CHECK(sha1("") == parse_sha1("da39a3ee5e6b4b0d3255bfef95601890afd80709"));
  CHECK(sha1("abc") == parse_sha1("a9993e364706816aba3e25717850c26c9cd0d89d"));
  CHECK(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        parse_sha1("84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
  CHECK(sha1(std::string(1'000'000, 'a')) ==
        parse_sha1("34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
}

TEST_CASE("a digest is 40 hexadecimal digits in any case") {
  const std::string digits = "a9993e364706816aba3e25717850c26c9cd0d89d";
  CHECK(parse_sha1("A9993E364706816ABA3E25717850C26C9CD0D89D") == parse_sha1(digits));
  CHECK(parse_sha1(digits));
  CHECK_FALSE(parse_sha1(""));
  CHECK_FALSE(parse_sha1(digits.substr(1)));
  CHECK_FALSE(parse_sha1(digits + "0"));
  for (size_t i = 0; i < digits.size(); ++i) {
    for (const char wrong : {'g', '/', ':', '@', '`', 'G', '\0', ' ', '-'}) {
      std::string text = digits;
      text[i] = wrong;
      CHECK_FALSE(parse_sha1(text));
    }
  }
}

}  // namespace slotway::wire
