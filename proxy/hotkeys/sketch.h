// Sketch: how often each key came lately, in bounded memory: near exact for the keys that come
// often, nothing for the others.
//
// A decaying Cuckoo Heavy Keeper. Source: Ngo and Papatriantafilou, "Cuckoo Heavy Keeper and the
// balancing act of maintaining heavy hitters in stream processing" (VLDB 2025). A key has two
// buckets, the second found from the first and the key's fingerprint. A bucket has entries for
// heavy keys and a lobby, where a key must prove itself first: others wear its count down there
// with a probability that falls with the count, and at zero one of them takes its place. A lobby
// key that has come often enough replaces the smallest entry, which moves to its other bucket if
// it is larger than the smallest one there.
//
//   line of 64 bytes:  fingerprint[7] | lobby's fingerprint | count[7] | epoch 8, lobby count 24
//
// Unlike there: a bucket is one cache line with fingerprints of 32 bits, for something is done
// about the keys that are found; free entries are filled without the lobby, so that the first
// requests of a key count; a lobby key larger than the smallest entry replaces it at once; and
// counts are forgotten: an eighth for each epoch that has passed, when a bucket is next touched.
// A caller that always gives the same epoch has a sketch that never forgets.
//
// 1. A fingerprint stands at most once in its two buckets, the lobbies included.
// 2. Each bucket is touched at least once in 128 epochs, so 8 bits tell how many have passed.
//
// One thread; add() allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>

#include "wire/prefetch.h"
#endif

namespace slotway::proxy::hotkeys {

class Sketch {
 public:
  static constexpr size_t kBucketBytes = 64;
  static constexpr size_t kDefaultBuckets = 1024;

  // `buckets` is a power of two, at most 2^24.
  explicit Sketch(size_t buckets = kDefaultBuckets);

  // `hash`: 64 good bits (key_hash.h). `weight` > 0. `epoch` never falls. Gives what is known
  // of the key with this update: the sum of its weights, each less an eighth for each epoch since,
  // less what came before the key was noticed; 0 if it is in nobody's place.
  uint32_t add(uint64_t hash, uint32_t weight, uint64_t epoch) {
    if (epoch != epoch_) [[unlikely]]
      advance(epoch);
    const uint32_t fingerprint = fingerprint_of(hash);
    const size_t first = static_cast<size_t>(hash) & mask_;
    Bucket& a = fresh(first);
    Bucket& b = fresh(other(first, fingerprint));
    if (const uint32_t found = a.matches(fingerprint); found != 0) {
      return increase(a, b, found, weight);
    }
    if (const uint32_t found = b.matches(fingerprint); found != 0) {
      return increase(b, a, found, weight);
    }
    return admit(a, b, fingerprint, weight);
  }

  // Has what add() will look at on its way from memory.
  void prefetch(uint64_t hash) const {
    const size_t first = static_cast<size_t>(hash) & mask_;
    wire::prefetch_for_write(&buckets_[first]);
    wire::prefetch_for_write(&buckets_[other(first, fingerprint_of(hash))]);
  }
  // As of the epoch of the last add() or move_to().
  uint32_t estimate(uint64_t hash);
  void move_to(uint64_t epoch) {
    if (epoch != epoch_) advance(epoch);
  }

  // What one update weighs usually, 1 at first: the lobby thinks in such units.
  void set_unit(uint32_t unit) {
    unit_ = unit > 0 ? unit : 1;
    per_unit_ = 1.0F / static_cast<float>(unit_);
  }
  void clear();
  size_t bytes() const { return buckets_.size() * sizeof(Bucket); }

 private:
  static constexpr size_t kEntries = 7;
  static constexpr size_t kLobby = 7;  // its place among the fingerprints
  static constexpr uint32_t kLobbyMax = (1u << 24) - 1;

  struct alignas(kBucketBytes) Bucket {
    std::array<uint32_t, kEntries + 1> fingerprint{};  // 0: never used
    std::array<uint32_t, kEntries> count{};            // 0: free, whatever the fingerprint
    uint32_t epoch : 8 = 0;
    uint32_t lobby : 24 = 0;

    // Bit i: place i has that fingerprint.
    uint32_t matches(uint32_t wanted) const {
#ifdef __SSE2__  // the compiler does not find it by itself, and half of an update is this
      const auto half = [&](size_t i) {
        const auto four = _mm_load_si128(reinterpret_cast<const __m128i*>(&fingerprint[i]));
        return _mm_cmpeq_epi32(four, _mm_set1_epi32(static_cast<int>(wanted)));
      };
      return static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(half(0))) |
                                   _mm_movemask_ps(_mm_castsi128_ps(half(4))) << 4);
#else
      uint32_t found = 0;
      for (size_t i = 0; i <= kEntries; ++i) {
        found |= static_cast<uint32_t>(fingerprint[i] == wanted) << i;
      }
      return found;
#endif
    }
    size_t smallest() const;
  };
  static_assert(sizeof(Bucket) == kBucketBytes);

  static uint32_t fingerprint_of(uint64_t hash) {
    const auto high = static_cast<uint32_t>(hash >> 32);
    return high != 0 ? high : 1;
  }
  size_t other(size_t bucket, uint32_t fingerprint) const {
    // The multiplier of MurmurHash2; its product's high bits depend on all of the fingerprint.
    return bucket ^ (((fingerprint * 0x5bd1e995u) >> 8) & mask_);
  }
  Bucket& fresh(size_t bucket) {
    Bucket& it = buckets_[bucket];
    if (it.epoch != (epoch_ & 0xff)) forget(it);
    return it;
  }
  uint32_t increase(Bucket& home, Bucket& away, uint32_t found, uint32_t weight);
  uint32_t admit(Bucket& a, Bucket& b, uint32_t fingerprint, uint32_t weight);
  uint32_t promote(Bucket& home, Bucket& away);
  void move_on(Bucket& from, uint32_t fingerprint, uint32_t count);
  void advance(uint64_t epoch);
  void forget(Bucket& bucket);
  uint32_t random();

  std::vector<Bucket> buckets_;
  size_t mask_;
  uint64_t epoch_ = 0;
  size_t swept_ = 0;
  uint32_t unit_ = 1;
  float per_unit_ = 1;
  uint64_t random_ = 0x9e3779b97f4a7c15u;
};

}  // namespace slotway::proxy::hotkeys
