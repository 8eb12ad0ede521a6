// Breaker: whether a shard that accepts connections but does not answer is still asked.
//
//   closed ── kFailures time-outs in a row, spread over `window` or more ──► open
//   closed ── -BUSY to a probe ────────────────────────────────────────────► open
//   open   ── a reply in time, or an answer to a probe ────────────────────► closed
//
// A shard that says that it is busy with a script opens it as well: what would have to wait behind
// the script on the same connection is answered with the shard's own words.
// While it is open requests fail at once, and probes go out with growing pauses. A short pause of
// a shard does not open it: one request time-out must pass between the first failure and the last,
// and a failure is forgotten after five without another.
// Slots never move because of it. (A shard whose connections fail is told apart by the connections
// themselves.) Shared by all of a worker's connections to the shard; one worker thread.
// Source: Nygard, "Release It!", the circuit breaker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace slotway::proxy {

class Breaker {
 public:
  static constexpr uint32_t kFailures = 5;
  static constexpr uint64_t kFirstPauseNs = 100'000'000;
  static constexpr uint64_t kLongestPauseNs = 1'000'000'000;
  static constexpr uint64_t kBusyPauseNs = 20'000'000;

  bool open() const { return open_; }

  // The shard answered something.
  void succeeded() {
    if (failures_ > 0) [[unlikely]]
      close();
  }
  // A request was not answered in time; `window_ns` is the time that it had. True if this opens
  // the breaker.
  bool failed(uint64_t now_ns, uint64_t window_ns);

  // A connection was given up because nothing came on it.
  void fell_silent() { silent_ = true; }
  // Whether that has happened since the last call, or time-outs have opened it.
  bool take_silence() { return std::exchange(silent_, false); }
  // `line` is what it says: "BUSY text".
  void found_busy(std::string_view line, uint64_t now_ns);
  bool is_busy() const { return !busy_text_.empty(); }
  // Whether it would be open without that.
  bool gave_up() const { return gave_up_; }
  const std::string& busy_text() const { return busy_text_; }

  // While open: whether a probe is due; the next one is then due after a longer pause.
  bool take_probe(uint64_t now_ns);

 private:
  void close();

  bool open_ = false;
  bool silent_ = false;
  bool gave_up_ = false;
  std::string busy_text_;  // empty while it is not busy
  uint32_t failures_ = 0;  // in a row
  uint64_t first_failure_ns_ = 0;
  uint64_t last_failure_ns_ = 0;
  uint64_t next_probe_ns_ = 0;
  uint64_t pause_ns_ = kFirstPauseNs;
};

}  // namespace slotway::proxy
