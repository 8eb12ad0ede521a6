// Detector: which keys of one worker are hot, within milliseconds; each worker has one of its own.
//
//   request -> take() --1 in w--> note() -> sketch of its measure -> estimate
//                                              below the bar: done     above: its Name counts it
//   every 100 ms: snapshot() -> rates of the names, what is hot no longer, a copy for publication
//
// Requests, writes and bytes returned are counted apart, each in a sketch of its own: a key is hot
// by each of them alone. The sketches only find keys; once a key has a name, its requests, writes
// and bytes are counted there, and its rates are means of what was counted, over up to 1.6 s, and
// over less when a key's rate has visibly changed.
//
// A key becomes hot at 0.68 of the thresholds: over the window of 400 ms and with sampling, chance
// moves an estimate by 7 % at the threshold, 10 % at half of it, so that a key at the threshold is
// all but surely found, in half a second, and one at half of it all but surely is not. It stays hot
// until it was below half for 1 s.
//
// The clock is the caller's: nanoseconds that never fall. One thread. note() allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/hotkeys/names.h"
#include "proxy/hotkeys/sampler.h"
#include "proxy/hotkeys/sketch.h"

namespace slotway::proxy::hotkeys {

// A key is hot by a measure that reaches both: its share of the worker's, and its rate a second.
struct Thresholds {
  double share = 0.001;
  double rate = 500;            // requests, or writes
  double byte_rate = 4u << 20;  // bytes returned: a thirtieth of a gigabit link
};

// One key as one worker saw it, or all workers (report.h).
struct HotKey {
  std::string key;  // at most Names::kKeyBytes
  bool cut = false;
  uint64_t hash = 0;  // of the whole key (key_hash.h)
  double requests = 0;
  double writes = 0;
  double bytes = 0;        // each a second
  double share = 0;        // of all requests
  uint8_t hot = 0;         // bit 1 << Measure: hot by it; 0: only one of the hottest
  uint64_t hot_since = 0;  // ns, like Snapshot::at; of one that is hot, from keep_since() on
  double heat = 0;         // 1 is the threshold, by its hottest measure

  bool hot_by(Measure measure) const { return (hot >> measure & 1) != 0; }
};

// What is known of a key with a request that was noted.
struct Noted {
  uint8_t hot = 0;    // bit 1 << Measure: hot by it
  uint8_t news = 0;   // of these, those since it was noted last
  double reads = 0;   // a second, as far as there were enough of late to tell
  double writes = 0;  // the same, of a key with reads
  // With news of a key that was not hot before: since its rate rose, which it did where the line
  // through its heat when it got its name and now comes from zero, at most a window of 400 ms
  // before it got it. Nothing if that was more than 1 s ago.
  std::optional<uint64_t> delay_ns = std::nullopt;
};

struct Snapshot {
  uint64_t at = 0;  // ns
  double requests = 0;
  double writes = 0;
  double bytes = 0;          // each a second, all keys
  uint32_t weight = 1;       // one in so many requests is looked at
  uint64_t updates = 0;      // of the sketches, since the start
  std::vector<HotKey> keys;  // the hottest first
};

class Detector {
 public:
  static constexpr uint64_t kSnapshotEvery = 100'000'000;  // ns

  explicit Detector(const Thresholds& thresholds, uint64_t now);

  // Once for each request; only for those that are taken need the key be hashed and noted.
  bool take() { return sampler_.take(); }
  uint32_t weight() const { return sampler_.weight(); }
  // How often take() was called.
  uint64_t seen() const { return sampler_.seen(); }

  // Of a request that was taken and will be noted soon: what that needs comes from memory
  // meanwhile, which otherwise takes longer than all the rest.
  void prefetch(uint64_t hash, Kind kind) const {
    streams_[kRequests].sketch.prefetch(hash);
    if (kind == Kind::write) streams_[kWrites].sketch.prefetch(hash);
  }
  // A request that was taken; `bytes` of its reply if they are known already, else note_reply().
  Noted note(std::string_view key, uint64_t hash, Kind kind, uint64_t bytes);
  // The reply to a request that was taken when weight() was `weight`: one byte in kBytesPerSample
  // is looked at. A key that only its bytes make hot gets its name at its next request.
  void note_reply(uint64_t hash, uint64_t bytes, uint32_t weight) {
    if (bytes < bytes_left_) [[likely]] {
      bytes_left_ -= static_cast<uint32_t>(bytes);
    } else {
      sample_reply(hash, bytes, weight);
    }
  }
  // Requests of one key that never came to take(), because a cache answered them: all of them since
  // the last snapshot, shortly before the next.
  void note_hits(std::string_view key, uint64_t hash, uint64_t requests, uint64_t bytes);

  // Once for each turn of the loop, before what it brings is noted.
  void advance(uint64_t now) {
    now_ = now;
    if (now >= next_epoch_at_) [[unlikely]]
      begin_epoch(now);
  }
  // About every kSnapshotEvery, by a timer.
  Snapshot snapshot(uint64_t now);
  // Forgets all keys.
  void reset();
  void set_thresholds(const Thresholds& thresholds) { thresholds_ = thresholds; }

  size_t bytes() const;  // of memory: the same at all times

 private:
  static constexpr uint32_t kBytesPerSample = 1024;
  static constexpr std::array<size_t, kMeasures> kBuckets = {Sketch::kDefaultBuckets, 256, 256};

  struct Stream {
    Sketch sketch;
    uint64_t in_window = 0;  // all weights, forgotten as the sketch forgets
    uint64_t interval = 0;   // all weights since the last snapshot
    uint64_t hits = 0;       // of these, by note_hits()
    uint32_t enough = 0;     // an estimate that makes a key hot
    float per_hot = 1;       // an estimate times this is its heat
    double bar = 0;          // what is hot, a second
    double rate = 0;         // of all keys, a second

    uint64_t updates = 0;
    uint64_t updates_settled = 0;  // of these, before the last snapshot

    explicit Stream(size_t buckets) : sketch(buckets) {}
    void settle(double seconds);
  };

  using Amounts = std::array<uint64_t, kMeasures>;
  using Estimates = std::array<uint32_t, kMeasures>;

  // When a key got its name.
  struct Start {
    uint32_t fingerprint = 0;
    float heat = 0;
    uint64_t at = 0;
  };

  Noted add(std::string_view key, uint64_t hash, const Amounts& amounts);
  void sample_reply(uint64_t hash, uint64_t bytes, uint32_t weight);
  void count_reply();
  std::optional<uint64_t> delay_of(uint64_t hash, float heat) const;
  static uint32_t fingerprint_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  // Its name, a new one if it deserves one; else null.
  Name* name_for(std::string_view key, uint64_t hash, float heat);
  void begin_epoch(uint64_t now);
  double least(Measure measure) const {
    return measure == kBytes ? thresholds_.byte_rate : thresholds_.rate;
  }
  void update(Name& name, double seconds) const;
  // Whether the name stays.
  bool judge(Name& name) const;
  HotKey published(const Name& name) const;

  Thresholds thresholds_;
  Sampler sampler_;
  // The latest that was sampled: it counts with the next, when what that needs is near.
  struct {
    uint64_t hash = 0;
    uint64_t amount = 0;
  } reply_;
  uint32_t bytes_left_ = kBytesPerSample;
  uint32_t bytes_random_ = 0x9e3779b9;
  uint64_t now_;
  uint64_t epoch_ = 0;
  uint64_t next_epoch_at_;
  uint64_t last_snapshot_at_;
  double filled_ = 0;  // how much of the window there was time for
  std::array<Stream, kMeasures> streams_;
  Names names_;
  // The latest of each place, by hash.
  std::array<uint32_t, 128> heavy_{};  // fingerprints of keys whose replies are worth a name
  std::array<Start, 32> starts_{};
};

}  // namespace slotway::proxy::hotkeys
