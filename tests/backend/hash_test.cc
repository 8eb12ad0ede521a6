#include "backend/engine/hash.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::backend {

namespace {

// SipHash-1-3 with the plain byte-wise loads of the paper, as a second opinion.
uint64_t reference(std::string_view bytes, HashSecret secret) {
  siphash::State state(secret);
  size_t i = 0;
  uint64_t word = 0;
  for (; i < bytes.size(); ++i) {
    word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (i % 8 * 8);
    if (i % 8 == 7) {
      state.take(word);
      word = 0;
    }
  }
  state.take(word | uint64_t{bytes.size()} << 56);
  state.v2 ^= 0xff;
  for (int round = 0; round < 3; ++round) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace

TEST_CASE("all lengths are hashed alike, whatever the alignment") {
  const HashSecret secret = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    CHECK(hash_bytes(bytes, secret) == reference(bytes, secret));
    CHECK(hash_bytes(std::string_view("x" + bytes).substr(1), secret) == reference(bytes, secret));
    bytes.push_back(static_cast<char>(i * 37));
  }
}

TEST_CASE("the published answers for the key 00 01 .. 0f") {
  const HashSecret secret = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  CHECK(hash_bytes("", secret) == 0xabac0158050fc4dcu);
  CHECK(hash_bytes(std::string_view("\0", 1), secret) == 0xc9f49bf37d57ca93u);
}

TEST_CASE("zeros, lengths and the secret matter") {
  CHECK(hash_bytes("") != hash_bytes(std::string_view("\0", 1)));
  CHECK(hash_bytes(std::string_view("\0", 1)) != hash_bytes(std::string_view("\0\0", 2)));
  CHECK(hash_bytes("key", {1, 2}) != hash_bytes("key", {1, 3}));
  CHECK(hash_bytes("key") == hash_bytes("key"));
}

}  // namespace slotway::backend
