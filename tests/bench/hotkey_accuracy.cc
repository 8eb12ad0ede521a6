// How well and how soon the detector of hot keys finds them, and what it costs, beside the lines
// that it is held to. A virtual clock: only the nanoseconds depend on the machine.
//
// Usage: slotway_hotkey_accuracy [--short] [sketch|detector|time|shift|cost]...
// --short: fewer seeds and requests, no nanoseconds. Without names of parts: all.
// Exits with 1 if a line is missed.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "proxy/hotkeys/detector.h"
#include "proxy/hotkeys/key_hash.h"
#include "proxy/hotkeys/sketch.h"

using namespace slotway::proxy::hotkeys;

namespace {

constexpr uint32_t kKeys = 1'000'000;
constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1'000 * kMillisecond;

bool all_reached = true;

void row(const std::string& what, double value, const char* relation, double line) {
  const bool reached = relation[0] == '>' ? value >= line : value <= line;
  all_reached = all_reached && reached;
  std::printf("%-58s %10.5f  %s %-8g %s\n", what.c_str(), value, relation, line,
              reached ? "" : "MISSED");
  std::fflush(stdout);
}

std::string named(const char* what, double skew) {
  char text[100];
  std::snprintf(text, sizeof text, "%s, s = %.2f", what, skew);
  return text;
}

// The hash of a key that is only a number: the finalizer of MurmurHash3, under a seed.
uint64_t hash_of(uint64_t key, uint64_t seed) {
  uint64_t bits = (key + 1) * 0x9e3779b97f4a7c15u ^ seed * 0xd6e8feb86659fd93u;
  bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccdu;
  bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53u;
  return bits ^ (bits >> 33);
}

// Ranks 0, 1, .. with a probability that falls with the power `skew` of the rank; by Walker's
// method of aliases, in Vose's form.
class Zipf {
 public:
  explicit Zipf(double skew, uint32_t keys = kKeys) : share_(keys), cut_(keys), alias_(keys) {
    double sum = 0;
    for (uint32_t i = 0; i < keys; ++i) sum += share_[i] = std::pow(i + 1.0, -skew);
    std::vector<uint32_t> small;
    std::vector<uint32_t> large;
    for (uint32_t i = 0; i < keys; ++i) {
      share_[i] /= sum;
      cut_[i] = share_[i] * keys;
      (cut_[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
      const uint32_t less = small.back();
      const uint32_t more = large.back();
      small.pop_back();
      alias_[less] = more;
      cut_[more] -= 1 - cut_[less];
      if (cut_[more] < 1) {
        large.pop_back();
        small.push_back(more);
      }
    }
    for (const uint32_t i : small) cut_[i] = 1;
    for (const uint32_t i : large) cut_[i] = 1;
  }
  uint32_t operator()(std::mt19937_64& random) const {
    const uint64_t bits = random();
    const auto i = static_cast<uint32_t>((bits >> 32) * share_.size() >> 32);
    return static_cast<double>(static_cast<uint32_t>(bits)) * 0x1p-32 < cut_[i] ? i : alias_[i];
  }
  double share(uint32_t rank) const { return share_[rank]; }

 private:
  std::vector<double> share_;
  std::vector<double> cut_;
  std::vector<uint32_t> alias_;
};

struct Accuracy {
  uint64_t heavy = 0;
  uint64_t reported = 0;
  uint64_t right = 0;
  double error = 0;  // sum over the heavy keys

  double recall() const { return static_cast<double>(right) / static_cast<double>(heavy); }
  double precision() const { return static_cast<double>(right) / static_cast<double>(reported); }
  double mean_error() const { return error / static_cast<double>(heavy); }
};

// Adds one run over a sketch that never forgets.
void sketch_alone(const Zipf& zipf, size_t buckets, uint64_t requests, uint64_t seed,
                  Accuracy& sum) {
  std::mt19937_64 random(seed);
  Sketch sketch(buckets);
  std::vector<uint32_t> truth(kKeys);
  for (uint64_t i = 0; i < requests; ++i) {
    const uint32_t key = zipf(random);
    ++truth[key];
    sketch.add(hash_of(key, seed), 1, 0);
  }
  const auto threshold = static_cast<uint32_t>(requests / 2000);
  for (uint32_t key = 0; key < kKeys; ++key) {
    const uint32_t estimate = sketch.estimate(hash_of(key, seed));
    const bool is_heavy = truth[key] >= threshold;
    const bool is_reported = estimate >= threshold;
    sum.heavy += is_heavy;
    sum.reported += is_reported;
    sum.right += is_heavy && is_reported;
    if (is_heavy) sum.error += std::fabs(static_cast<double>(truth[key]) - estimate) / truth[key];
  }
}

void sketch_rows(bool short_form) {
  constexpr uint64_t kStream = 10'000'000;
  const int seeds = short_form ? 1 : 5;
  Accuracy all;
  for (const double skew : {0.8, 0.9, 0.99, 1.1, 1.2}) {
    const Zipf zipf(skew);
    Accuracy one;
    for (int seed = 1; seed <= seeds; ++seed) sketch_alone(zipf, 1024, kStream, seed, one);
    std::printf("  s = %.2f: recall %.4f, precision %.4f, mean relative error %.5f\n", skew,
                one.recall(), one.precision(), one.mean_error());
    all.heavy += one.heavy;
    all.reported += one.reported;
    all.right += one.right;
    all.error += one.error;
  }
  row("sketch 64 KiB, recall", all.recall(), ">=", 0.999);
  row("sketch 64 KiB, precision", all.precision(), ">=", 0.995);
  row("sketch 64 KiB, mean relative error", all.mean_error(), "<=", 0.001);
  const std::pair<double, double> lines[] = {{0.8, 0.65}, {1.0, 0.85}, {1.2, 0.99}};
  for (const auto& [skew, line] : lines) {
    const Zipf zipf(skew);
    Accuracy one;
    for (int seed = 1; seed <= seeds; ++seed) sketch_alone(zipf, 64, kStream, seed, one);
    std::printf("  s = %.2f: precision %.4f, mean relative error %.5f\n", skew, one.precision(),
                one.mean_error());
    row(named("sketch 4 KiB, recall", skew), one.recall(), ">=", line);
  }
}

// A worker under a steady rate: keys by `next_key`, a virtual clock, snapshots every 100 ms.
class Worker {
 public:
  Worker(uint64_t rate, uint64_t seed) : gap_(kSecond / rate), seed_(seed), detector_({}, 0) {}

  // One request; gives whether the key became hot by it.
  bool request(uint64_t key) {
    now_ += gap_;
    // A turn of the loop serves many requests.
    if (++requests_ % 32 == 0) detector_.advance(now_);
    if (!detector_.take()) return false;
    char text[24];
    const int length = std::snprintf(text, sizeof text, "key:%llu", (unsigned long long)key);
    return detector_.note({text, static_cast<size_t>(length)}, hash_of(key, seed_), Kind::read, 0)
               .news != 0;
  }
  bool snapshot_due() const { return now_ >= next_snapshot_; }
  Snapshot snapshot() {
    next_snapshot_ += Detector::kSnapshotEvery;
    return detector_.snapshot(now_);
  }
  uint64_t now() const { return now_; }

 private:
  uint64_t gap_;
  uint64_t seed_;
  uint64_t now_ = 0;
  uint64_t requests_ = 0;
  uint64_t next_snapshot_ = Detector::kSnapshotEvery;
  Detector detector_;
};

uint64_t number_of(const HotKey& key) { return std::stoull(key.key.substr(4)); }

// Of the first `most` keys by requests, how many belong there: keys as frequent as the last of
// them, less 10 %, count.
double top_recall(const Snapshot& snapshot, const Zipf& zipf, size_t most) {
  std::vector<HotKey> keys = snapshot.keys;
  std::sort(keys.begin(), keys.end(),
            [](const HotKey& a, const HotKey& b) { return a.requests > b.requests; });
  if (keys.size() > most) keys.resize(most);
  const double least = 0.9 * zipf.share(static_cast<uint32_t>(most - 1));
  const auto right = std::count_if(keys.begin(), keys.end(), [&](const HotKey& key) {
    return zipf.share(static_cast<uint32_t>(number_of(key))) >= least;
  });
  return static_cast<double>(right) / static_cast<double>(most);
}

void steady_rows(bool short_form) {
  constexpr uint64_t kRate = 1'000'000;
  constexpr double kThreshold = 0.001;
  const uint64_t requests = short_form ? 3'000'000 : 10'000'000;
  const int seeds = short_form ? 1 : 5;
  for (const double skew : {0.8, 0.9, 0.99, 1.1, 1.2}) {
    const Zipf zipf(skew);
    uint64_t heavy = 0;
    uint64_t found = 0;
    double top10 = 0;
    double top100 = 0;
    double error = 0;
    int looks = 0;
    std::unordered_set<uint64_t> wrong;
    uint64_t light = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      std::mt19937_64 random(seed);
      Worker worker(kRate, seed);
      for (uint64_t i = 0; i < requests; ++i) {
        worker.request(zipf(random));
        if (!worker.snapshot_due()) continue;
        const Snapshot snapshot = worker.snapshot();
        if (worker.now() < kSecond) continue;
        ++looks;
        top10 += top_recall(snapshot, zipf, 10);
        top100 += top_recall(snapshot, zipf, 100);
        for (uint32_t key = 0; zipf.share(key) >= kThreshold; ++key) ++heavy;
        for (const HotKey& key : snapshot.keys) {
          if (!key.hot) continue;
          const double share = zipf.share(static_cast<uint32_t>(number_of(key)));
          if (share >= kThreshold) {
            ++found;
            error += std::fabs(key.share - share) / share;
          }
          if (share < kThreshold / 2) wrong.insert(number_of(key) * 16 + seed);
        }
      }
      for (uint32_t key = 0; key < kKeys; ++key) light += zipf.share(key) < kThreshold / 2;
    }
    row(named("detector, p = 1/4: recall at the threshold", skew),
        static_cast<double>(found) / static_cast<double>(heavy), ">=", 0.99);
    row(named("  reported of those under half of it", skew),
        static_cast<double>(wrong.size()) / static_cast<double>(light), "<=", 0.001);
    std::printf("  these are %zu keys in %d runs; mean relative error of a rate %.4f\n",
                wrong.size(), seeds, error / static_cast<double>(found));
    row(named("  recall@10", skew), top10 / looks, ">=", skew >= 0.9 ? 0.99 : 0);
    row(named("  recall@100", skew), top100 / looks, ">=", skew >= 0.9 ? 0.95 : 0);
  }
}

// The 99th percentile of the time from a key's first request to its being hot, in ms.
double time_to_detection(uint64_t rate, double share, int trials) {
  constexpr uint64_t kLongest = 5 * kSecond;
  static const Zipf background(0.99);
  std::mt19937_64 random(trials);
  Worker worker(rate, 7);
  const auto serve = [&](uint64_t key) {
    const bool hot = worker.request(key);
    if (worker.snapshot_due()) worker.snapshot();
    return hot;
  };
  while (worker.now() < kSecond) serve(background(random));
  std::vector<double> times;
  for (int trial = 0; trial < trials; ++trial) {
    const uint64_t key = kKeys + static_cast<uint64_t>(trial);
    // Not all at the same phase of the epochs.
    const uint64_t pause = worker.now() + random() % (100 * kMillisecond);
    while (worker.now() < pause) serve(background(random));
    const uint64_t start = worker.now();
    const auto limit = static_cast<uint64_t>(share * 0x1p63) * 2;
    for (bool hot = false; !hot && worker.now() - start < kLongest;) {
      const bool is_it = random() < limit;
      hot = serve(is_it ? key : background(random)) && is_it;
    }
    times.push_back(static_cast<double>(worker.now() - start) / kMillisecond);
  }
  std::sort(times.begin(), times.end());
  return times[(times.size() * 99 + 99) / 100 - 1];
}

void time_rows(bool short_form) {
  const int trials = short_form ? 100 : 500;
  row("ms to detection, p99: 20 % at 1,000,000/s", time_to_detection(1'000'000, 0.2, trials),
      "<=", 20);
  row("ms to detection, p99: 20 % at 50,000/s", time_to_detection(50'000, 0.2, trials), "<=", 100);
  for (const uint64_t rate : {1'000'000, 50'000}) {
    const double threshold = std::max(0.001, 500.0 / static_cast<double>(rate));
    const std::string at = " at " + std::to_string(rate) + "/s";
    row("ms, ten times the threshold" + at, time_to_detection(rate, 10 * threshold, trials),
        "<=", 100);
    row("ms, twice the threshold" + at, time_to_detection(rate, 2 * threshold, trials), "<=", 300);
    row("ms, the threshold" + at, time_to_detection(rate, threshold, trials), "<=", 1000);
  }
}

// The 100 hottest keys are replaced every 2 s.
void shift_rows(bool short_form) {
  constexpr uint64_t kRate = 1'000'000;
  constexpr uint64_t kPeriod = 2 * kSecond;
  constexpr uint32_t kReplaced = 100;
  const uint64_t periods = short_form ? 3 : 20;
  const Zipf zipf(0.99);
  std::mt19937_64 random(5);
  Worker worker(kRate, 5);
  double recall = 1;   // the least of all periods, 500 ms after the change
  double gone = 1;     // the least share of the old ones that is gone after 1.5 s
  double slowest = 0;  // ms until the recall is back
  uint64_t back_in = UINT64_MAX;
  while (worker.now() < periods * kPeriod) {
    const uint64_t period = worker.now() / kPeriod;
    const uint32_t rank = zipf(random);
    worker.request(rank < kReplaced ? kKeys + period * kReplaced + rank : rank);
    if (!worker.snapshot_due()) continue;
    const uint64_t since = worker.now() % kPeriod;
    const Snapshot snapshot = worker.snapshot();
    uint64_t heavy = 0;
    for (uint32_t i = 0; i < kReplaced && zipf.share(i) >= 0.001; ++i) ++heavy;
    uint64_t found = 0;
    uint64_t old = 0;
    for (const HotKey& key : snapshot.keys) {
      if (!key.hot || number_of(key) < kKeys) continue;
      const uint64_t number = number_of(key) - kKeys;
      found += number / kReplaced == period && number % kReplaced < heavy;
      old += number / kReplaced < period;
    }
    const double now_found = static_cast<double>(found) / static_cast<double>(heavy);
    if (since < 100 * kMillisecond) back_in = UINT64_MAX;
    if (now_found >= 0.95 && back_in == UINT64_MAX) {
      back_in = since;
      slowest = std::max(slowest, static_cast<double>(since) / kMillisecond);
    }
    if (since >= 500 * kMillisecond && since < 600 * kMillisecond) {
      recall = std::min(recall, now_found);
    }
    if (since >= 1500 * kMillisecond) {
      gone = std::min(gone, 1 - static_cast<double>(old) / static_cast<double>(heavy));
    }
  }
  row("100 hottest replaced: recall after 500 ms, the least", recall, ">=", 0.95);
  row("  snapshot that has recall .95 again, ms, the latest", slowest, "<=", 500);
  row("  old ones gone after 1.5 s, the least", gone, ">=", 1);
}

// Of CPU time, for others may have the cores too.
template <typename Work>
double nanoseconds(uint64_t rounds, Work work) {
  const std::clock_t start = std::clock();
  for (uint64_t i = 0; i < rounds; ++i) work(i);
  const auto spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return spent * 1e9 / static_cast<double>(rounds);
}

void cost_rows() {
  constexpr size_t kPrepared = 1u << 20;
  constexpr uint64_t kRounds = 20'000'000;
  std::mt19937_64 random(3);
  for (const double skew : {0.0, 0.99}) {
    const Zipf zipf(skew);
    std::vector<std::string> keys;
    std::vector<uint64_t> hashes;
    for (size_t i = 0; i < kPrepared; ++i) {
      keys.push_back("key:" + std::to_string(zipf(random)));
      hashes.push_back(slotway::proxy::key_hash(keys.back(), 1));
    }
    const auto at = [](uint64_t i) { return i & (kPrepared - 1); };
    uint64_t seen = 0;
    Sketch sketch;
    const double update = nanoseconds(kRounds, [&](uint64_t i) {
      seen += sketch.add(hashes[at(i)], 4, i / 12'500);  // an epoch is so many at 250,000/s
    });
    const double hash =
        nanoseconds(kRounds, [&](uint64_t i) { seen += slotway::proxy::key_hash(keys[at(i)], 1); });
    const auto request_cost = [&](uint64_t rate) {
      Detector detector({}, 0);
      uint64_t now = 0;
      const uint64_t gap = kSecond / rate;
      uint64_t next = Detector::kSnapshotEvery;
      return nanoseconds(kRounds, [&](uint64_t i) {
        now += gap;
        if (i % 32 == 0) detector.advance(now);
        if (now >= next) {
          seen += detector.snapshot(now).keys.size();
          next += Detector::kSnapshotEvery;
        }
        if (!detector.take()) return;
        const std::string& key = keys[at(i)];
        const uint64_t key_hash = slotway::proxy::key_hash(key, 1);
        seen += detector.note(key, key_hash, Kind::read, 0).news;
        detector.note_reply(key_hash, 64, detector.weight());
      });
    };
    std::printf(
        "ns, s = %.2f: hash %.1f, sketch update %.1f; a request with all, bytes too: "
        "at 250,000/s (none skipped) %.1f\n",
        skew, hash, update, request_cost(250'000));
    row(named("ns a request at 1,000,000/s (p = 1/4)", skew), request_cost(1'000'000), "<=", 20);
    if (seen == 0) std::printf("nothing was seen\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto is_named = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool short_form = is_named("--short");
  const bool all = words.size() == (short_form ? 1 : 0);
  std::printf("%-58s %10s  line\n", "", "measured");
  if (all || is_named("sketch")) sketch_rows(short_form);
  if (all || is_named("detector")) steady_rows(short_form);
  if (all || is_named("time")) time_rows(short_form);
  if (all || is_named("shift")) shift_rows(short_form);
  if (is_named("cost") || (all && !short_form)) cost_rows();
  row("memory of a worker, KiB", static_cast<double>(Detector({}, 0).bytes()) / 1024, "<=", 144);
  return all_reached ? 0 : 1;
}
