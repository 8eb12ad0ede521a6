#include "proxy/hotkeys/sketch.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace slotway::proxy::hotkeys {

namespace {

constexpr uint64_t kLongestGap = 128;  // epochs
constexpr uint32_t kPromotion = 16;    // units in the lobby, to replace a larger entry by chance
constexpr uint32_t kSure = 2;          // units in the lobby, to replace a smaller entry
constexpr int kMaxMoves = 4;           // entries that one promotion may move

// (7/8)^epochs, times 2^32; 0 epochs are never looked up.
constexpr auto kLeft = [] {
  std::array<uint32_t, 256> left{};
  double share = 1;
  for (size_t epochs = 1; epochs < left.size(); ++epochs) {
    share *= 0.875;
    left[epochs] = static_cast<uint32_t>(share * 4294967296.0);
  }
  return left;
}();

// 1.08^-units, times 2^32: how likely a stranger wears down a lobby of so many units.
constexpr auto kWear = [] {
  std::array<uint32_t, 256> wear{};
  double chance = 1;
  for (uint32_t& it : wear) {
    it = static_cast<uint32_t>(chance * 4294967295.0);
    chance /= 1.08;
  }
  return wear;
}();

uint32_t sum(uint32_t count, uint32_t weight) {
  return count <= UINT32_MAX - weight ? count + weight : UINT32_MAX;
}

}  // namespace

Sketch::Sketch(size_t buckets) : buckets_(buckets), mask_(buckets - 1) {
  assert(std::has_single_bit(buckets) && buckets <= size_t{1} << 24);
}

void Sketch::clear() {
  Bucket empty;
  empty.epoch = static_cast<uint8_t>(epoch_);
  std::fill(buckets_.begin(), buckets_.end(), empty);
}

size_t Sketch::Bucket::smallest() const {
  // Count and place in one number: no branch that would be foreseen half of the time.
  uint64_t least = uint64_t{count[0]} << 3;
  for (size_t i = 1; i < kEntries; ++i) least = std::min(least, uint64_t{count[i]} << 3 | i);
  return least & 7;
}

uint32_t Sketch::random() {
  // xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators".
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return static_cast<uint32_t>((random_ * 0x2545f4914f6cdd1du) >> 32);
}

void Sketch::advance(uint64_t epoch) {
  const uint64_t passed = epoch - epoch_;
  epoch_ = epoch;
  if (passed >= kLongestGap) {  // a 25-millionth would be left
    clear();
    return;
  }
  const size_t share = std::max<size_t>(1, 2 * buckets_.size() / kLongestGap);
  for (uint64_t i = 0; i < passed * share; ++i) fresh(swept_++ & mask_);
}

void Sketch::forget(Bucket& bucket) {
  const uint64_t left = kLeft[(epoch_ - bucket.epoch) & 0xff];
  // Rounded up or down by chance: always down would cost a rare key all that it has, and to the
  // nearest would keep small counts for ever.
  const uint64_t chance = random();
  for (uint32_t& count : bucket.count) {
    count = static_cast<uint32_t>((count * left + chance) >> 32);
  }
  bucket.lobby = static_cast<uint32_t>((bucket.lobby * left + chance) >> 32) & kLobbyMax;
  bucket.epoch = static_cast<uint8_t>(epoch_);
}

uint32_t Sketch::estimate(uint64_t hash) {
  const uint32_t fingerprint = fingerprint_of(hash);
  const size_t first = static_cast<size_t>(hash) & mask_;
  for (const size_t bucket : {first, other(first, fingerprint)}) {
    const Bucket& it = fresh(bucket);
    const uint32_t found = it.matches(fingerprint);
    if (found == 0) continue;
    const auto place = static_cast<size_t>(std::countr_zero(found));
    return place == kLobby ? it.lobby : it.count[place];
  }
  return 0;
}

uint32_t Sketch::increase(Bucket& home, Bucket& away, uint32_t found, uint32_t weight) {
  const auto place = static_cast<size_t>(std::countr_zero(found));
  if (place != kLobby) return home.count[place] = sum(home.count[place], weight);
  home.lobby = std::min(sum(home.lobby, weight), kLobbyMax) & kLobbyMax;
  return promote(home, away);
}

// A key that is in neither of its buckets.
uint32_t Sketch::admit(Bucket& a, Bucket& b, uint32_t fingerprint, uint32_t weight) {
  for (Bucket* const bucket : {&a, &b}) {
    const size_t place = bucket->smallest();
    if (bucket->count[place] != 0) continue;
    bucket->fingerprint[place] = fingerprint;
    return bucket->count[place] = weight;
  }
  Bucket& bucket = a.lobby <= b.lobby ? a : b;
  const uint32_t held = bucket.lobby;
  if (held != 0) {
    const auto units = static_cast<uint32_t>(static_cast<float>(held) * per_unit_);
    if (random() > kWear[std::min<uint32_t>(units, kWear.size() - 1)]) return 0;
    if (held > weight) {
      bucket.lobby = (held - weight) & kLobbyMax;
      return 0;
    }
  }
  bucket.fingerprint[kLobby] = fingerprint;
  bucket.lobby = std::min(weight, kLobbyMax) & kLobbyMax;
  return weight;
}

// The key in home's lobby, whose other bucket is `away`, gets an entry if it is due one.
uint32_t Sketch::promote(Bucket& home, Bucket& away) {
  const uint32_t held = home.lobby;
  if (held < kSure * unit_) return held;
  const size_t here = home.smallest();
  const size_t there = away.smallest();
  const bool stays = home.count[here] <= away.count[there];
  Bucket& bucket = stays ? home : away;
  const size_t place = stays ? here : there;
  const uint32_t smallest = bucket.count[place];
  uint32_t count = held;
  if (held <= smallest) {
    const uint32_t due = kPromotion * unit_;
    if (held < due) return held;
    const double chance = static_cast<double>(held - due) / static_cast<double>(smallest - due + 1);
    if (random() >= chance * 4294967296.0) return held;
    count = smallest;  // most of what it had was worn down in the lobby
  }
  const uint32_t loser = bucket.fingerprint[place];
  bucket.fingerprint[place] = home.fingerprint[kLobby];
  bucket.count[place] = count;
  home.fingerprint[kLobby] = 0;
  home.lobby = 0;
  if (smallest >= kPromotion * unit_) move_on(bucket, loser, smallest);
  return count;
}

// An entry that lost its place in `from`.
void Sketch::move_on(Bucket& from, uint32_t fingerprint, uint32_t count) {
  auto bucket = static_cast<size_t>(&from - buckets_.data());
  for (int i = 0; i < kMaxMoves && fingerprint != 0; ++i) {
    bucket = other(bucket, fingerprint);
    Bucket& it = fresh(bucket);
    const size_t place = it.smallest();
    if (it.count[place] >= count) return;
    std::swap(it.fingerprint[place], fingerprint);
    std::swap(it.count[place], count);
    if (count == 0) return;
  }
}

}  // namespace slotway::proxy::hotkeys
