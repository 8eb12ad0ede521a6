#include "backend/engine/reclaimer.h"

#include <algorithm>

#include "backend/engine/value_operations.h"

namespace slotway::backend {

namespace {

constexpr size_t kWorthTheOtherThread = 64;  // effort

}  // namespace

Reclaimer::~Reclaimer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  while (!returned_.empty()) collect();
  // What collect() passed on has nobody left to do it.
  for (const Value& value : work_.values) operations_of(value.encoding).destroy(value.reference);
}

void Reclaimer::dispose(Entry* entry) {
  if (entry->is_reference()) operations_of(entry->encoding()).destroy(entry->reference());
  Entry::release(entry);
}

void Reclaimer::dispose(std::unique_ptr<Keyspace::Contents> contents) {
  if (contents) contents->dispose_all([](Entry* entry) { dispose(entry); });
}

bool Reclaimer::dispose_lazily(Entry* entry) {
  const bool elsewhere =
      entry->is_reference() && dispose_lazily(Value{entry->encoding(), entry->reference()});
  Entry::release(entry);
  return elsewhere;
}

bool Reclaimer::dispose_lazily(Value value) {
  const ValueOperations& operations = operations_of(value.encoding);
  if (operations.effort(value.reference) < kWorthTheOtherThread ||
      (operations.is_sole_owner && !operations.is_sole_owner(value.reference))) {
    operations.destroy(value.reference);
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    work_.values.push_back(value);
    ++pending_;
  }
  wake();
  return true;
}

void Reclaimer::dispose_lazily(std::unique_ptr<Keyspace::Contents> contents) {
  if (!contents) return;
  {
    const std::lock_guard lock(mutex_);
    pending_ += contents->counts.total();
    work_.databases.push_back(std::move(contents));
  }
  wake();
}

void Reclaimer::dispose_lazily(Keyspace::SlotContents contents) {
  if (!contents.table) return;
  {
    const std::lock_guard lock(mutex_);
    pending_ += contents.table->size();
    work_.slots.push_back(std::move(contents));
  }
  wake();
}

void Reclaimer::collect() {
  constexpr size_t kAtOnce = 256;
  std::vector<Value> returned;
  {
    const std::lock_guard lock(mutex_);
    const size_t left = returned_.size() - std::min(returned_.size(), kAtOnce);
    returned.assign(returned_.begin() + static_cast<ptrdiff_t>(left), returned_.end());
    returned_.resize(left);
  }
  for (const Value& value : returned) dispose_lazily(value);
}

uint64_t Reclaimer::pending() const {
  const std::lock_guard lock(mutex_);
  return pending_;
}

uint64_t Reclaimer::freed() const {
  const std::lock_guard lock(mutex_);
  return freed_;
}

void Reclaimer::reset_freed() {
  const std::lock_guard lock(mutex_);
  freed_ = 0;
}

void Reclaimer::wake() {
  if (!thread_.joinable()) {
    if (ending_) return;
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

void Reclaimer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !work_.empty(); });
    if (work_.empty()) return;
    Work work = std::move(work_);
    work_ = {};
    lock.unlock();
    carry_out(std::move(work));
    lock.lock();
  }
}

void Reclaimer::carry_out(Work work) {
  uint64_t done = work.values.size();
  for (const Value& value : work.values) {
    operations_of(value.encoding).destroy_elsewhere(value.reference);
  }
  std::vector<Value> returned;
  const auto release = [&returned](Entry* entry) {
    if (entry->is_reference()) {
      const ValueOperations& operations = operations_of(entry->encoding());
      if (operations.is_sole_owner) {
        returned.push_back({entry->encoding(), entry->reference()});
      } else {
        operations.destroy_elsewhere(entry->reference());
      }
    }
    Entry::release(entry);
  };
  for (auto& contents : work.databases) {
    done += contents->counts.total();
    contents->dispose_all(release);
    contents.reset();
  }
  for (Keyspace::SlotContents& contents : work.slots) {
    done += contents.table->size();
    contents.table->for_each(release);
    contents = {};
  }
  const std::lock_guard lock(mutex_);
  returned_.insert(returned_.end(), returned.begin(), returned.end());
  pending_ -= done;
  freed_ += done - returned.size();
}

}  // namespace slotway::backend
