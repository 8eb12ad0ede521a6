// What belongs to the workers is asked of them on their own threads, and waited for on the one that
// asks, which is never a worker's or the control thread.
//
// No lock is on a request's path: a worker takes one when it has said all. A long answer is given
// in steps, between which the worker serves its clients: a step should take no more than 100 us.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/server.h"
#include "proxy/worker.h"

namespace slotway::proxy::api {

template <typename Answer>
class Inquiry : public std::enable_shared_from_this<Inquiry<Answer>> {
 public:
  // A step of that worker, on its thread: true when its answer is complete.
  using Step = std::function<bool(Worker& worker, Answer& answer)>;

  Inquiry(size_t workers, Step step)
      : step_(std::move(step)), answers_(workers), unanswered_(workers) {}

  void ask(Worker& worker) {
    worker.loop().post([self = this->shared_from_this(), &worker] { self->take_step(worker); });
  }
  // One for each worker; nothing if not all have answered in time. Once.
  std::optional<std::vector<Answer>> wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, limit, [this] { return unanswered_ == 0; })) {
      return std::move(answers_);
    }
    is_given_up_.store(true, std::memory_order_relaxed);
    return std::nullopt;
  }

 private:
  void take_step(Worker& worker) {
    if (is_given_up_.load(std::memory_order_relaxed)) return;
    if (!step_(worker, answers_[worker.number()])) return ask(worker);
    const std::lock_guard lock(mutex_);
    if (--unanswered_ == 0) changed_.notify_all();
  }

  const Step step_;
  std::atomic<bool> is_given_up_{false};
  std::vector<Answer> answers_;  // each its worker's, until all are there
  std::mutex mutex_;             // guards unanswered_
  std::condition_variable changed_;
  size_t unanswered_;
};

inline constexpr std::chrono::milliseconds kPatience{1000};

// Nothing if a worker does not answer within a second: it is busy, or the proxy stops.
template <typename Answer>
std::optional<std::vector<Answer>> ask_workers(Server& server,
                                               typename Inquiry<Answer>::Step step) {
  const auto inquiry = std::make_shared<Inquiry<Answer>>(server.workers().size(), std::move(step));
  for (const auto& worker : server.workers()) inquiry->ask(*worker);
  return inquiry->wait(kPatience);
}

inline constexpr const char* kNotAnswered = "not all workers have answered within a second";

}  // namespace slotway::proxy::api
