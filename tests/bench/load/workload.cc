#include "tests/bench/load/workload.h"

namespace slotway::load {

namespace {

using Kind = Command::Kind;

Popularity::Shape with_zipf(Popularity::Shape shape, double zipf) {
  shape.zipf = zipf;
  return shape;
}

bool is_set(Kind kind) {
  return kind == Kind::kSet || kind == Kind::kAdd || kind == Kind::kReplace;
}

}  // namespace

Workload::Workload(const Profile& profile, const Popularity::Shape& shape, KeyNumber keys,
                   uint64_t seed)
    : profile_(profile), popularity_(with_zipf(shape, profile.zipf), keys), seed_(seed) {
  double sum = 0;
  for (const Profile::Share& share : profile.shares) sum += share.weight;
  double part = 0;
  for (size_t i = 0; i < up_to_.size(); ++i) {
    part += profile.shares[i].weight;
    up_to_[i] = static_cast<uint64_t>(part / sum * 0x1p32 + 0.5);
  }
}

// Seeds next to each other must not give runs that are shifted against each other.
Random Workload::random(uint64_t number) const {
  return Random(Random(seed_).next() ^ Random(number).next());
}

Kind Workload::pick(Random& random) const {
  const uint64_t point = random.next() >> 32;
  for (size_t i = 0; i < up_to_.size(); ++i)
    if (point < up_to_[i]) return profile_.shares[i].kind;
  return profile_.shares.front().kind;
}

uint32_t Workload::ttl_s(Random& random) const {
  const uint32_t least = profile_.least_ttl_s;
  const uint32_t greatest = profile_.greatest_ttl_s;
  return greatest == least ? least : least + random.below(greatest - least + 1);
}

Command Workload::command(uint64_t number, uint64_t elapsed_ns) const {
  Random random = this->random(number);
  Command command;
  command.kind = pick(random);
  const bool flash = popularity_.flashes(random, elapsed_ns);
  if (flash) {
    command.keys[0] = popularity_.flash_key();
    // What names another key than that one, or would delete it, is a GET instead.
    if (command.kind == Kind::kIncr || command.kind == Kind::kCount || command.kind == Kind::kDel)
      command.kind = Kind::kGet;
  }
  const bool many = command.kind == Kind::kMget || command.kind == Kind::kMset;
  for (size_t i = flash ? 1 : 0; i < (many ? Command::kManyKeys : 1); ++i) {
    command.keys[i] = popularity_.key(random, elapsed_ns);
  }
  if (command.kind == Kind::kDel) {
    // The next key that is deleted at times. A key space without any deletes what does not exist.
    command.keys[0] |= 7;
  }
  if (is_set(command.kind)) command.ttl_s = ttl_s(random);
  return command;
}

Command Workload::filling(uint64_t number) const {
  Random random = this->random(number);
  return {Kind::kSet, {static_cast<KeyNumber>(number)}, ttl_s(random)};
}

}  // namespace slotway::load
