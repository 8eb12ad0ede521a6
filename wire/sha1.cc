#include "wire/sha1.h"

#include <openssl/sha.h>

namespace slotway::wire {

namespace {

int value_of_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

static_assert(std::tuple_size_v<Sha1> == SHA_DIGEST_LENGTH);

Sha1 sha1(std::string_view bytes) {
  Sha1 digest;
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::optional<Sha1> parse_sha1(std::string_view text) {
  Sha1 digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = value_of_digit(text[2 * i]);
    const int low = value_of_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<char>(high * 16 + low);
  }
  return digest;
}

}  // namespace slotway::wire
