// Webhook: POSTs messages of hot keys to a web server, from a thread of its own.
//
// What waits is bounded, the oldest is dropped first. A POST that fails, or is answered 408, 429 or
// 5xx, is tried again twice, 250 ms and 500 ms later; each may take 2 s. Redirects are not
// followed, of what stands in an answer 64 KiB are read at most, certificates are verified by the
// system's authorities, no proxy is taken from the environment. The thread starts with the first
// target. Owned by HotKeysShared; any thread, which waits for nothing but a short lock, but for the
// destructor, which also waits for the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace slotway::proxy {

class Webhook {
 public:
  static constexpr size_t kMostWaiting = 1024;  // messages
  static constexpr size_t kMostInPost = 256;

  Webhook();
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;
  // What waits is not sent any more, what is under way is given up.
  ~Webhook();

  // Where the messages of that pool go from now on; empty: nowhere. What waits for another target,
  // or is under way there, is dropped. Whether it is another target.
  bool aim(const std::string& url, const std::string& pool);
  // Each is a JSON object. Requires a target.
  void send(std::vector<std::string> messages);

  // Messages since it was asked last.
  struct Counts {
    uint64_t sent = 0;     // and answered 2xx
    uint64_t dropped = 0;  // before they were sent
    uint64_t failed = 0;
  };
  Counts take_counts();

 private:
  class Transfer;
  struct Post {
    std::string url;
    std::string pool;
    std::vector<std::string> messages;
    uint64_t target = 0;
  };

  void run();
  Post next_post();
  void deliver(const Post& post, Transfer& transfer);
  bool wait_to_repeat(const Post& post, std::chrono::milliseconds pause);
  bool is_given_up(const Post& post) const { return target_ != post.target; }
  void drop_waiting();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::string url_;
  std::string pool_;
  std::deque<std::string> waiting_;
  bool stopping_ = false;

  std::atomic<uint64_t> target_{0};  // another number for each target, and for the end
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> dropped_{0};
  std::atomic<uint64_t> failed_{0};
  std::unique_ptr<Transfer> transfer_;  // once there is a thread
  std::thread thread_;
};

}  // namespace slotway::proxy
