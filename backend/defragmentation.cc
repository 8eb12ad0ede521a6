#include "backend/defragmentation.h"

#include <algorithm>

#include "backend/page_occupancy.h"
#include "backend/store.h"
#include "metrics/process_usage.h"

namespace slotway::backend {

namespace {

// A pass has been in vain if it moved at most one allocation of so many.
constexpr uint64_t kInVain = 64;
// The next one waits then for so long, or until so large a part of what is used is resident beyond
// what that pass has left.
constexpr int64_t kRestUs = 60'000'000;
constexpr int64_t kRestPart = 10;  // and not shorter than so many times what the pass took
constexpr uint64_t kWorse = 20;

struct Excess {
  uint64_t bytes;
  uint64_t percent;  // of what is used
};

Excess excess_of(const Store& store) {
  const uint64_t used = std::max<uint64_t>(store.memory.used(), 1);
  const uint64_t resident = metrics::resident_bytes();
  const uint64_t bytes = resident - std::min(resident, used);
  return {bytes, bytes * 100 / used};
}

// From the least at the lower threshold to the most at the upper one.
uint32_t share_of(const Settings& settings, uint64_t percent) {
  const uint64_t least = settings.defrag_cycle_min;
  const uint64_t most = std::max<uint64_t>(settings.defrag_cycle_max, least);
  const uint64_t lower = settings.defrag_threshold_lower;
  const uint64_t upper = std::max<uint64_t>(settings.defrag_threshold_upper, lower);
  if (percent >= upper) return static_cast<uint32_t>(most);
  if (percent <= lower) return static_cast<uint32_t>(least);
  return static_cast<uint32_t>(least + (most - least) * (percent - lower) / (upper - lower));
}

}  // namespace

Defragmentation::Defragmentation(Store& store)
    : store_(store), pass_(store.engine, &is_in_sparse_page) {}

bool Defragmentation::is_wanted() const {
  return store_.settings.active_defrag && page_occupancy_is_known();
}

void Defragmentation::follow_settings() {
  if (share_ == 0) return;
  if (!is_wanted()) return finish();
  share_ = std::min(share_, share_of(store_.settings, UINT64_MAX));
}

void Defragmentation::check() {
  if (!is_wanted()) return;
  const Settings& settings = store_.settings;
  const Excess excess = excess_of(store_);
  const uint32_t share = share_of(settings, excess.percent);
  // A pass that has begun goes to its end, and no slower when it succeeds.
  if (share_ != 0) {
    share_ = std::max(share_, share);
    return;
  }
  if (excess.bytes < settings.defrag_ignore_bytes) return;
  // What is being given back is resident still.
  if (store_.engine.reclaimer().has_work()) return;
  if (excess.percent < settings.defrag_threshold_lower) return;
  const int64_t now_us = store_.engine.clock().steady_us();
  const bool is_worse = excess.bytes >= incurable_bytes_ + store_.memory.used() / kWorse;
  if (now_us < rest_until_us_ && !is_worse) return;
  share_ = share;
  begun_us_ = now_us;
  moved_at_begin_ = pass_.relocation().moved();
  stayed_at_begin_ = pass_.relocation().stayed();
  pass_.start();
}

void Defragmentation::work(int64_t budget_us) {
  if (share_ == 0) return;
  const Clock& clock = store_.engine.clock();
  const int64_t end_us = clock.steady_us() + budget_us;
  pass_.work([&] { return clock.steady_us() >= end_us; });
  if (pass_.is_running()) return;
  const uint64_t moved = pass_.relocation().moved() - moved_at_begin_;
  const uint64_t looked_at = moved + pass_.relocation().stayed() - stayed_at_begin_;
  const bool in_vain = moved * kInVain <= looked_at;
  incurable_bytes_ = excess_of(store_).bytes;
  const int64_t rest_us = std::max(kRestUs, kRestPart * running_us());
  rest_until_us_ = in_vain ? clock.steady_us() + rest_us : 0;
  finish();
}

void Defragmentation::finish() {
  pass_.stop();
  passes_us_ += running_us();
  share_ = 0;
}

int64_t Defragmentation::running_us() const {
  return share_ == 0 ? 0 : store_.engine.clock().steady_us() - begun_us_;
}

Defragmentation::Statistics Defragmentation::counted() const {
  return {pass_.relocation().moved(), pass_.relocation().stayed(), pass_.keys_moved(),
          pass_.keys_stayed(), passes_us_ + running_us()};
}

Defragmentation::Statistics Defragmentation::statistics() const {
  Statistics result = counted();
  result.moved -= reset_at_.moved;
  result.stayed -= reset_at_.stayed;
  result.keys_moved -= reset_at_.keys_moved;
  result.keys_stayed -= reset_at_.keys_stayed;
  result.total_us -= reset_at_.total_us;
  return result;
}

void Defragmentation::reset_statistics() { reset_at_ = counted(); }

}  // namespace slotway::backend
