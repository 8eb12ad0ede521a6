// The 64-bit hash of keys: SipHash-1-3 under a secret of the process, so that nobody outside can
// choose keys that collide. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
//
// The secret is drawn before main(); all keyspaces of the process share it. Any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace slotway::backend {

struct HashSecret {
  uint64_t first;
  uint64_t second;
};

extern const HashSecret kHashSecret;

namespace siphash {

struct State {
  uint64_t v0, v1, v2, v3;

  explicit State(const HashSecret& secret)
      : v0(secret.first ^ 0x736f6d6570736575u),
        v1(secret.second ^ 0x646f72616e646f6du),
        v2(secret.first ^ 0x6c7967656e657261u),
        v3(secret.second ^ 0x7465646279746573u) {}

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void take(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace siphash

inline uint64_t hash_bytes(std::string_view bytes, const HashSecret& secret = kHashSecret) {
  siphash::State state(secret);
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    state.take(word);
  }
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = 0; i < left; ++i) {
    last |= static_cast<uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
  }
  state.take(last);
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace slotway::backend
