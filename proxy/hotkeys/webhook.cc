#include "proxy/hotkeys/webhook.h"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

#include "metrics/log.h"
#include "proxy/hotkeys/messages.h"

namespace slotway::proxy {

namespace {

namespace log = metrics::log;

constexpr long kTimeoutMs = 2000;
constexpr size_t kMostRead = 64 << 10;  // bytes of an answer
constexpr int kLongestWaitMs = 1000;    // without a look at whether it is given up
constexpr int kRepeats = 2;
constexpr std::chrono::milliseconds kFirstPause{250};

// Its status is all that counts of an answer: more than so much of it ends the transfer.
size_t ignore_body(char*, size_t size, size_t count, void* left) {
  constexpr size_t kFail = 0;
  size_t& bytes = *static_cast<size_t*>(left);
  if (size * count > bytes) return kFail;
  bytes -= size * count;
  return size * count;
}

bool may_succeed_later(long status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace

// One POST at a time, which wake() lets look up from its wait. Of the thread but for that.
class Webhook::Transfer {
 public:
  Transfer() {
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    multi_ = curl_multi_init();
    headers_ = curl_slist_append(nullptr, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Expect:");  // the body is sent without being asked for
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    curl_slist_free_all(headers_);
    curl_multi_cleanup(multi_);
  }

  void wake() { curl_multi_wakeup(multi_); }

  struct Outcome {
    long status = 0;    // 0: there is no answer
    std::string error;  // why not
  };
  // Until `is_given_up` says so, which is asked again after wake().
  template <typename IsGivenUp>
  Outcome post(const std::string& url, const std::string& body, IsGivenUp is_given_up) {
    CURL* const easy = curl_easy_init();
    char reason[CURL_ERROR_SIZE] = "";
    set_options(easy, url, body, reason);
    size_t left = kMostRead;
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &left);
    curl_multi_add_handle(multi_, easy);
    Outcome outcome;
    for (int running = 1; running > 0 && !is_given_up();) {
      curl_multi_perform(multi_, &running);
      if (running > 0) curl_multi_poll(multi_, nullptr, 0, kLongestWaitMs, nullptr);
    }
    int queued = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      // Also where what comes behind the status is broken off, too long or too late.
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &outcome.status);
      if (outcome.status < 200) {
        outcome.status = 0;
        outcome.error = *reason ? reason : curl_easy_strerror(message->data.result);
      }
    }
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
    return outcome;
  }

 private:
  void set_options(CURL* easy, const std::string& url, const std::string& body, char* reason) {
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "slotway/" SLOTWAY_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &ignore_body);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A name that is still being resolved does not hold the end up.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  }

  CURLM* multi_;
  curl_slist* headers_;
};

Webhook::Webhook() = default;

Webhook::~Webhook() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ++target_;
  }
  changed_.notify_all();
  transfer_->wake();
  thread_.join();
}

// ---- for the pool

bool Webhook::aim(const std::string& url, const std::string& pool) {
  {
    const std::lock_guard lock(mutex_);
    if (url == url_) return false;
    url_ = url;
    pool_ = pool;
    drop_waiting();
    ++target_;
    if (!thread_.joinable()) {
      transfer_ = std::make_unique<Transfer>();
      thread_ = std::thread([this] { run(); });
    }
  }
  changed_.notify_all();
  transfer_->wake();
  return true;
}

void Webhook::send(std::vector<std::string> messages) {
  {
    const std::lock_guard lock(mutex_);
    for (std::string& message : messages) waiting_.push_back(std::move(message));
    while (waiting_.size() > kMostWaiting) {
      waiting_.pop_front();
      ++dropped_;
    }
  }
  changed_.notify_all();
}

void Webhook::drop_waiting() {
  dropped_ += waiting_.size();
  waiting_.clear();
}

Webhook::Counts Webhook::take_counts() {
  return {sent_.exchange(0), dropped_.exchange(0), failed_.exchange(0)};
}

// ---- on its own thread

void Webhook::run() {
  pthread_setname_np(pthread_self(), "slotway-webhook");
  for (;;) {
    const Post post = next_post();
    if (post.messages.empty()) return;
    deliver(post, *transfer_);
  }
}

// Nothing: it is the end.
Webhook::Post Webhook::next_post() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) return {};
  Post post{url_, pool_, {}, target_};
  while (!waiting_.empty() && post.messages.size() < kMostInPost) {
    post.messages.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return post;
}

void Webhook::deliver(const Post& post, Transfer& transfer) {
  const std::string body = hotkeys::batch(post.pool, post.messages);
  std::chrono::milliseconds pause = kFirstPause;
  for (int repeats = 0;; ++repeats, pause *= 2) {
    const auto outcome = transfer.post(post.url, body, [&] { return is_given_up(post); });
    if (outcome.status >= 200 && outcome.status < 300) {
      sent_ += post.messages.size();
      return;
    }
    if (is_given_up(post)) break;
    const bool again =
        repeats < kRepeats && (outcome.status == 0 || may_succeed_later(outcome.status));
    if (!again) {
      failed_ += post.messages.size();
      // Without the URL, which may have a secret in it.
      static log::RateLimited limited(1, std::chrono::seconds(10));
      limited.write(
          log::Level::kWarn, "webhook of pool {}: {} messages are lost: {}", post.pool,
          post.messages.size(),
          outcome.status == 0 ? outcome.error : "it answers " + std::to_string(outcome.status));
      return;
    }
    if (!wait_to_repeat(post, pause)) break;
  }
  dropped_ += post.messages.size();
}

// False: there is nothing to repeat any more.
bool Webhook::wait_to_repeat(const Post& post, std::chrono::milliseconds pause) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, pause, [&] { return is_given_up(post); });
}

}  // namespace slotway::proxy
