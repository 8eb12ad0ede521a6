#include "metrics/scrape_thread.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <sstream>
#include <utility>

#include "metrics/log.h"

namespace slotway::metrics {
namespace {

std::shared_ptr<const std::string> make_text(const prometheus::Collectable& metrics) {
  try {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, metrics.Collect());
    return std::make_shared<const std::string>(std::move(text).str());
  } catch (const std::exception& error) {
    static log::RateLimited limited(1, std::chrono::minutes(1));
    limited.write(log::Level::kError, "metrics cannot be collected: {}", error.what());
    return nullptr;
  }
}

}  // namespace

ScrapeThread::ScrapeThread(std::shared_ptr<const prometheus::Collectable> metrics)
    : metrics_(std::move(metrics)), thread_([this] { run(); }) {}

ScrapeThread::~ScrapeThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<const std::string> ScrapeThread::text() {
  std::unique_lock lock(mutex_);
  const uint64_t mine = started_ + 1;  // one being made now may have begun before this call
  wanted_ = std::max(wanted_, mine);
  changed_.notify_all();
  changed_.wait(lock, [&] { return finished_ >= mine; });
  return latest_;
}

void ScrapeThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || wanted_ > finished_; });
    if (stopping_) return;
    started_ = finished_ + 1;
    lock.unlock();
    std::shared_ptr<const std::string> text = make_text(*metrics_);
    lock.lock();
    latest_ = std::move(text);
    finished_ = started_;
    changed_.notify_all();
  }
}

}  // namespace slotway::metrics
