#include "backend/engine/engine.h"

namespace slotway::backend {

Engine::Engine(uint32_t databases, const Clock& clock) : clock_(clock) {
  for (uint32_t i = 0; i < databases; ++i) databases_.emplace_back(*this, i);
  read_clock();
}

Engine::~Engine() {
  for (Database& database : databases_) database.clear(/*lazily=*/false);
}

uint64_t Engine::key_count() const {
  uint64_t count = 0;
  for (const Database& database : databases_) count += database.size();
  return count;
}

uint64_t Engine::bytes() const {
  uint64_t bytes = 0;
  for (const Database& database : databases_) bytes += database.keyspace().bytes();
  return bytes;
}

void Engine::read_clock() {
  now_ms_ = clock_.wall_ms();
  access_.set_now_ms(now_ms_);
}

bool Engine::run_expiry_cycle(int64_t budget_us) {
  if (keeps_expired_) return false;
  const int64_t end = clock_.steady_us() + budget_us;
  bool out_of_time = false;
  const auto enough = [&] { return out_of_time = clock_.steady_us() >= end; };
  const Tick now = tick_of(now_ms_);
  for (uint32_t i = 0; i < database_count() && !out_of_time; ++i) {
    databases_[next_to_expire_].expire_before(now, enough);
    if (!out_of_time) next_to_expire_ = (next_to_expire_ + 1) % database_count();
  }
  if (out_of_time) ++statistics_.out_of_time;
  return out_of_time;
}

}  // namespace slotway::backend
