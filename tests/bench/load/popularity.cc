#include "tests/bench/load/popularity.h"

namespace slotway::load {

KeyNumber Popularity::key(Random& random, uint64_t elapsed_ns) const {
  const KeyNumber key = shape_.zipf == 0 ? random.below(keys_) : zipf_.draw(random) - 1;
  return shape_.shift_every_ns == 0 ? key : shifted(key, elapsed_ns);
}

// The keys are cut into blocks of shift_top; block 0 holds the hot ranks.
KeyNumber Popularity::shifted(KeyNumber key, uint64_t elapsed_ns) const {
  const KeyNumber top = shape_.shift_top;
  const KeyNumber blocks = keys_ / top;
  const auto turn = static_cast<KeyNumber>(elapsed_ns / shape_.shift_every_ns % blocks);
  if (turn == 0) return key;
  const KeyNumber first = (blocks - turn) * top;
  if (key < top) return key + first;
  return key >= first && key - first < top ? key - first : key;
}

bool Popularity::flashes(Random& random, uint64_t elapsed_ns) const {
  return shape_.flash_share > 0 && elapsed_ns >= shape_.flash_from_ns &&
         elapsed_ns < shape_.flash_until_ns && random.share() < shape_.flash_share;
}

}  // namespace slotway::load
