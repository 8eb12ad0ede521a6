// ScrapeThread: the one thread that turns the metrics into text, for all who ask.
//
// A scrape allocates some hundred KiB for a moment, and an allocator keeps such memory by thread:
// were each HTTP thread to do it, sixteen of them would hold what the whole proxy should need.
// Askers that come while a text is being made share the next one. Owned by the admin server.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace prometheus {
class Collectable;
}

namespace slotway::metrics {

class ScrapeThread {
 public:
  explicit ScrapeThread(std::shared_ptr<const prometheus::Collectable> metrics);
  // Requires that no one is in text().
  ~ScrapeThread();
  ScrapeThread(const ScrapeThread&) = delete;
  ScrapeThread& operator=(const ScrapeThread&) = delete;

  // From any thread; waits. All metrics in Prometheus's text format, collected after this call
  // began; null if that failed.
  std::shared_ptr<const std::string> text();

 private:
  void run();

  const std::shared_ptr<const prometheus::Collectable> metrics_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  uint64_t wanted_ = 0;    // texts are numbered; make all up to this one
  uint64_t started_ = 0;   // collected, or being collected
  uint64_t finished_ = 0;  // in latest_
  std::shared_ptr<const std::string> latest_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace slotway::metrics
