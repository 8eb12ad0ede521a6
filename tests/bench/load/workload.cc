#include "tests/bench/load/workload.h"

namespace slotway::load {

namespace {

using Kind = Command::Kind;

// SplitMix64: numbers without a pattern, each from the one before by an addition.
class Random {
 public:
  explicit Random(uint64_t start) : state_(start) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

// In percent; the rest are GETs.
Kind pick_of_mix(uint64_t percent) {
  if (percent < 20) return Kind::kSet;
  if (percent < 30) return Kind::kIncr;
  if (percent < 40) return Kind::kMget;
  if (percent < 45) return Kind::kMset;
  if (percent < 50) return Kind::kDel;
  return Kind::kGet;
}

}  // namespace

Command Workload::command(uint64_t number) const {
  if (mix_ == Mix::kFill) return {Kind::kSet, {static_cast<KeyNumber>(number)}};
  // Seeds next to each other must not give runs that are shifted against each other.
  Random random(Random(seed_).next() ^ Random(number).next());
  Command command;
  switch (mix_) {
    case Mix::kGet:
      command.kind = Kind::kGet;
      break;
    case Mix::kSet:
    case Mix::kFill:
      command.kind = Kind::kSet;
      break;
    case Mix::kMixed:
      command.kind = pick_of_mix(random.next() % 100);
      break;
  }
  for (KeyNumber& key : command.keys) key = static_cast<KeyNumber>(random.next() % keys_);
  if (command.kind == Kind::kDel) {
    // The next key that is deleted at times. A key space without any deletes what does not exist.
    command.keys[0] |= 7;
  }
  return command;
}

}  // namespace slotway::load
