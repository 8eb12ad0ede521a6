#include "proxy/hotkeys/detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace slotway::proxy::hotkeys {

namespace {

constexpr uint64_t kEpoch = 50'000'000;  // ns
constexpr uint64_t kWindowNs = 8 * kEpoch;
constexpr uint64_t kLongestRise = 1'000'000'000;  // ns
constexpr double kEpochSeconds = 0.05;
// What a steady rate of one an epoch adds up to: 7 when an epoch begins, 8 when it ends.
constexpr double kWindow = 8;    // epochs
constexpr double kEnter = 0.68;  // of the thresholds: what makes a key hot
constexpr double kLeave = 0.5;
constexpr uint8_t kCoolSnapshots = 10;  // 1 s
// A key this hot gets a name if there is room: the hottest are told of even if none is hot.
constexpr float kNamed = 0.25F;
constexpr float kUnnamed = 0.1F;
constexpr uint8_t kMeanOf = 16;   // snapshots
constexpr uint8_t kSettled = 8;   // of these, and the mean alone can make a key hot
constexpr double kSurprise = 4;   // standard deviations
constexpr uint32_t kTelling = 5;  // samples of a key in the window: its rate is no mere chance

uint32_t clamped(double count) {
  return static_cast<uint32_t>(std::clamp(count, 1.0, double{UINT32_MAX}));
}

uint32_t narrow(uint64_t count) {
  return static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX));
}

void add_to(uint32_t& count, uint64_t amount) { count = narrow(count + amount); }

}  // namespace

Detector::Detector(const Thresholds& thresholds, uint64_t now)
    : thresholds_(thresholds),
      now_(now),
      next_epoch_at_(now),
      last_snapshot_at_(now),
      streams_{Stream(kBuckets[kRequests]), Stream(kBuckets[kWrites]), Stream(kBuckets[kBytes])} {
  static_assert((kBuckets[0] + kBuckets[1] + kBuckets[2]) * Sketch::kBucketBytes +
                    sizeof(Detector) <=
                144 * 1024);
  begin_epoch(now);
  filled_ = 0;
}

size_t Detector::bytes() const {
  size_t sum = sizeof *this;
  for (const Stream& stream : streams_) sum += stream.sketch.bytes();
  return sum;
}

void Detector::reset() {
  for (Stream& stream : streams_) {
    stream.sketch.clear();
    stream.in_window = 0;
  }
  names_.clear();
  heavy_ = {};
  reply_ = {};
  filled_ = 0;
}

void Detector::begin_epoch(uint64_t now) {
  const uint64_t passed = (now - next_epoch_at_) / kEpoch + 1;
  epoch_ += passed;
  next_epoch_at_ += passed * kEpoch;
  const double left = std::pow(0.875, static_cast<double>(passed));
  filled_ = 1 - (1 - filled_) * left;
  for (size_t i = 0; i < kMeasures; ++i) {
    Stream& stream = streams_[i];
    stream.in_window = static_cast<uint64_t>(static_cast<double>(stream.in_window) * left);
    // As it will be at the end of this epoch, if all goes on as it did.
    const double seen = static_cast<double>(stream.in_window) * kWindow / 7;
    const double window = seen / filled_;
    const double hot = std::max(window * thresholds_.share,
                                least(static_cast<Measure>(i)) * kWindow * kEpochSeconds);
    stream.enough = clamped(hot * kEnter);
    stream.per_hot = static_cast<float>(1 / std::max(hot, 1.0));
    stream.bar = std::max(hot, 1.0) / (kWindow * kEpochSeconds);
  }
}

Noted Detector::note(std::string_view key, uint64_t hash, Kind kind, uint64_t bytes) {
  const uint64_t weight = sampler_.weight();
  return add(key, hash, {weight, kind == Kind::write ? weight : 0, bytes * weight});
}

// The bytes that are looked at are kBytesPerSample apart in the mean, in no rhythm, and each stands
// for so many, times the weight.
void Detector::sample_reply(uint64_t hash, uint64_t bytes, uint32_t weight) {
  constexpr uint64_t kMany = 64;  // of them, and chance makes no difference
  uint64_t samples = bytes / kBytesPerSample;
  samples -= std::min(samples, kMany);
  bytes -= samples * kBytesPerSample;
  while (bytes >= bytes_left_) {
    bytes -= bytes_left_;
    ++samples;
    bytes_random_ ^= bytes_random_ << 13;
    bytes_random_ ^= bytes_random_ >> 17;
    bytes_random_ ^= bytes_random_ << 5;
    bytes_left_ = 1 + bytes_random_ % (2 * kBytesPerSample - 1);
  }
  bytes_left_ -= static_cast<uint32_t>(bytes);
  count_reply();
  reply_ = {hash, samples * kBytesPerSample * weight};
  streams_[kBytes].sketch.prefetch(hash);
}

void Detector::count_reply() {
  const auto [hash, amount] = std::exchange(reply_, {});
  if (amount == 0) return;
  Stream& stream = streams_[kBytes];
  ++stream.updates;
  stream.in_window += amount;
  stream.interval += amount;
  const uint32_t estimate = stream.sketch.add(hash, narrow(amount), epoch_);
  if (static_cast<float>(estimate) * stream.per_hot >= kNamed / 2) {
    heavy_[hash % heavy_.size()] = fingerprint_of(hash);
  }
  if (Name* const name = names_.find(hash)) add_to(name->counted[kBytes], amount);
}

Noted Detector::add(std::string_view key, uint64_t hash, const Amounts& amounts) {
  Estimates estimates{};
  float heat = 0;
  for (size_t i = 0; i < kMeasures; ++i) {
    if (amounts[i] == 0) continue;
    Stream& stream = streams_[i];
    ++stream.updates;
    stream.in_window += amounts[i];
    stream.interval += amounts[i];
    estimates[i] = stream.sketch.add(hash, narrow(amounts[i]), epoch_);
    heat = std::max(heat, static_cast<float>(estimates[i]) * stream.per_hot);
  }
  Noted noted;
  if (estimates[kRequests] >= kTelling * sampler_.weight()) {
    const double writes =
        streams_[kWrites].in_window == 0 ? 0 : streams_[kWrites].sketch.estimate(hash);
    noted.writes = writes / (kWindow * kEpochSeconds);
    noted.reads = std::max(0.0, estimates[kRequests] / (kWindow * kEpochSeconds) - noted.writes);
  }
  if (heavy_[hash % heavy_.size()] == fingerprint_of(hash) && amounts[kBytes] == 0) [[unlikely]] {
    Stream& stream = streams_[kBytes];
    stream.sketch.move_to(epoch_);
    estimates[kBytes] = stream.sketch.estimate(hash);
    heat = std::max(heat, static_cast<float>(estimates[kBytes]) * stream.per_hot);
  }
  // A name keeps counting while an estimate jitters around what gave it the name.
  if (heat < kNamed / 2) return noted;
  Name* const name = name_for(key, hash, heat);
  if (name == nullptr) return noted;
  for (size_t i = 0; i < kMeasures; ++i) {
    const auto bit = static_cast<uint8_t>(1u << i);
    add_to(name->counted[i], amounts[i]);
    if (estimates[i] < streams_[i].enough || (name->hot & bit) != 0) continue;
    name->hot |= bit;
    name->cool[i] = 0;
  }
  noted.hot = name->hot;
  noted.news = static_cast<uint8_t>(name->hot & ~name->told);
  if (noted.news != 0 && name->told == 0) [[unlikely]]
    noted.delay_ns = delay_of(hash, heat);
  name->told = name->hot;
  return noted;
}

Name* Detector::name_for(std::string_view key, uint64_t hash, float heat) {
  Name* name = names_.find(hash);
  if (name != nullptr || heat < kNamed || heat <= names_.coldest()) return name;
  name = names_.insert(key, hash, heat);
  if (name == nullptr) return nullptr;
  starts_[hash % starts_.size()] = {fingerprint_of(hash), heat, now_};
  for (size_t i = 0; i < kMeasures; ++i) {
    const uint32_t estimate = streams_[i].sketch.estimate(hash);
    name->rate[i] = static_cast<float>(estimate * streams_[i].per_hot * streams_[i].bar);
  }
  return name;
}

std::optional<uint64_t> Detector::delay_of(uint64_t hash, float heat) const {
  const Start& start = starts_[hash % starts_.size()];
  const uint64_t since = now_ - start.at;
  if (start.fingerprint != fingerprint_of(hash) || since > kLongestRise) return std::nullopt;
  const float gained = heat - start.heat;
  const double before = gained > 0
                            ? static_cast<double>(since) * static_cast<double>(start.heat / gained)
                            : static_cast<double>(since);
  return since + static_cast<uint64_t>(std::min(before, double{kWindowNs}));
}

void Detector::note_hits(std::string_view key, uint64_t hash, uint64_t requests, uint64_t bytes) {
  const Amounts amounts = {requests, 0, bytes};
  float heat = 0;
  for (const Measure measure : {kRequests, kBytes}) {
    const double rate = static_cast<double>(amounts[measure]) * 1e9 / kSnapshotEvery;
    heat = std::max(heat, static_cast<float>(rate / streams_[measure].bar));
  }
  Name* const name = name_for(key, hash, heat);
  for (const Measure measure : {kRequests, kBytes}) {
    streams_[measure].interval += amounts[measure];
    streams_[measure].in_window += amounts[measure];
    streams_[measure].hits += amounts[measure];
    if (name != nullptr) add_to(name->counted[measure], amounts[measure]);
  }
}

void Detector::Stream::settle(double seconds) {
  const double latest = static_cast<double>(interval) / seconds;
  rate = rate > 0 ? rate + (latest - rate) / 4 : latest;
  if (updates > updates_settled) {
    sketch.set_unit(narrow((interval - hits) / (updates - updates_settled)));
  }
  updates_settled = updates;
  interval = 0;
  hits = 0;
}

// The rates of a name, from what it counted in the last interval.
void Detector::update(Name& name, double seconds) const {
  std::array<float, kMeasures> latest;
  for (size_t i = 0; i < kMeasures; ++i) {
    latest[i] = static_cast<float>(name.counted[i] / seconds);
  }
  name.counted = {};
  if (name.snapshots == 0) {  // it got its name within the interval: it counted less than there was
    for (size_t i = 0; i < kMeasures; ++i) name.rate[i] = std::max(name.rate[i], latest[i]);
    name.snapshots = 1;
    return;
  }
  // Counts of requests that come by chance vary by their square root, here in steps of a sample.
  const double expected = std::max<double>(name.rate[kRequests], latest[kRequests]) * seconds;
  const double difference = (latest[kRequests] - name.rate[kRequests]) * seconds;
  const double variance = expected * sampler_.weight();
  if (difference * difference > kSurprise * kSurprise * variance) name.snapshots = 1;
  for (size_t i = 0; i < kMeasures; ++i) {
    name.rate[i] += (latest[i] - name.rate[i]) / static_cast<float>(name.snapshots);
  }
  if (name.snapshots < kMeanOf) ++name.snapshots;
}

bool Detector::judge(Name& name) const {
  name.heat = 0;
  for (size_t i = 0; i < kMeasures; ++i) {
    const auto heat = static_cast<float>(name.rate[i] / streams_[i].bar);
    name.heat = std::max(name.heat, heat);
    const auto bit = static_cast<uint8_t>(1u << i);
    if (heat >= kEnter && name.snapshots >= kSettled) name.hot |= bit;
    name.cool[i] = heat < kLeave ? static_cast<uint8_t>(name.cool[i] + 1) : uint8_t{0};
    if (name.cool[i] >= kCoolSnapshots) {
      name.hot &= static_cast<uint8_t>(~bit);
      name.cool[i] = kCoolSnapshots;
    }
  }
  name.told &= name.hot;
  return name.hot != 0 || name.heat >= kUnnamed;
}

HotKey Detector::published(const Name& name) const {
  HotKey it;
  it.key = names_.text(name);
  it.cut = name.cut;
  it.hash = name.hash;
  it.requests = name.rate[kRequests];
  it.writes = name.rate[kWrites];
  it.bytes = name.rate[kBytes];
  const double all = streams_[kRequests].rate;
  it.share = all > 0 ? std::min(1.0, it.requests / all) : 0;
  it.hot = name.hot;
  it.heat = name.heat;
  return it;
}

Snapshot Detector::snapshot(uint64_t now) {
  advance(now);
  count_reply();
  Snapshot result;
  result.at = now;
  const uint64_t elapsed = now - last_snapshot_at_;
  if (elapsed > 0) {
    const double seconds = static_cast<double>(elapsed) / 1e9;
    last_snapshot_at_ = now;
    for (Stream& stream : streams_) stream.settle(seconds);
    names_.review([&](Name& name) {
      update(name, seconds);
      return !judge(name);
    });
    sampler_.retune(elapsed);
  }
  result.requests = streams_[kRequests].rate;
  result.writes = streams_[kWrites].rate;
  result.bytes = streams_[kBytes].rate;
  result.weight = sampler_.weight();
  for (const Stream& stream : streams_) result.updates += stream.updates;
  result.keys.reserve(names_.size());
  for (size_t i = 0; i < names_.size(); ++i) result.keys.push_back(published(names_.at(i)));
  std::sort(result.keys.begin(), result.keys.end(),
            [](const HotKey& a, const HotKey& b) { return a.heat > b.heat; });
  return result;
}

}  // namespace slotway::proxy::hotkeys
