// Request: one command that waits for its reply, and the two queues that order it.
//
//   session  ──► R1 ─► R2 ─► R3        replies leave in this order
//                 │           │
//   upstream a ─► R1 ──────► R3        replies arrive in this order, one queue a connection
//   upstream b ───────► R2
//
// A request may be in its session's queue, in an upstream's queue, or in both; it is freed when it
// is in neither. Invariants:
//  1. Every request in a session's queue is answered exactly once, by Session::answer().
//  2. Every request in an upstream's queue waits for its reply or is a tombstone: it was answered
//     already (it timed out, or its client is gone) and swallows the reply that is still to come.
//  3. A part of a fan-out is in no session's queue; it reports to its FanOut.
// Owned by the worker's RequestPool; one worker thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "proxy/hotkeys/named_keys.h"
#include "proxy/reply_times.h"
#include "proxy/request_head.h"
#include "proxy/stored_reply.h"
#include "wire/command_table.h"
#include "wire/prefetch.h"

namespace slotway::proxy {

class Session;
class FanOut;

// What every request is asked for lies in its first cache line, what is kept for the slow log in
// the next two, a small reply that has to wait in the others.
struct alignas(64) Request {
  Request* next_in_session = nullptr;
  Request* next_in_upstream = nullptr;
  Session* session = nullptr;              // set while it is in a session's queue
  FanOut* fan_out = nullptr;               // the fan-out that it is a part of, or that answers it
  const wire::Command* command = nullptr;  // null for the proxy's own (AUTH)
  uint64_t started_ns = 0;                 // Worker::turn_ns() when it was read, or, if it was
                                           // held, routed at last
  uint32_t part = 0;                       // of a fan-out, or one of these
  static constexpr uint32_t kBehindMulti = 1;  // EXEC is answered, or fails, for it
  bool in_upstream = false;
  bool settled = false;   // answered as far as the upstream is concerned: reply or time-out
  bool answered = false;  // `reply` is complete and waits for its turn
  bool silent = false;    // CLIENT REPLY OFF or SKIP: the reply is dropped
  enum class Told : uint8_t { kIfSlow, kAsLarge, kAsTraced };
  Told told = Told::kIfSlow;
  bool in_fetch = false;  // a fetch of its key is to answer it (hotkeys/): as if in an upstream
  uint16_t held_ms = 0;   // before started_ns, while it could not be routed; at most that many
  NamedKeys keys;  // of what is in an upstream's queue or in a fetch; none: see names_unknown()
  // Of a tombstone: shared with the session, which thereby sees that it is still owed.
  std::shared_ptr<const void> debt;
  RequestHead head;      // kept if WaitSettings say so
  ReplyArrival arrival;  // of a reply that waits for its turn
  StoredReply reply;

  // Whether nobody has said what it names, while that did not matter.
  bool names_unknown() const {
    const bool is_answered_by_exec = part == kBehindMulti && !fan_out;
    return keys.empty() && command && command->names_keys && !is_answered_by_exec;
  }
  bool may_name(uint64_t key_hash) const { return keys.contains(key_hash) || names_unknown(); }

  uint64_t held_ns() const { return uint64_t{held_ms} * 1'000'000; }
  // That its client has waited for it so far.
  uint64_t waited_ns(uint64_t now_ns) const { return now_ns - started_ns + held_ns(); }
};
static_assert(sizeof(Request) == 5 * 64);

// Commands of a session that are to be answered yet, by how they will be.
struct Unanswered {
  bool forwarded = false;            // some went to a shard
  const Request* fetched = nullptr;  // the first that waits for a fetch
};

// First in, first out, linked through the member given.
template <Request* Request::*kNext>
class RequestQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  size_t size() const { return pushed_ - popped_; }
  // So far, from the first day of the queue.
  uint64_t pushed() const { return pushed_; }
  uint64_t popped() const { return popped_; }
  Request* front() const { return head_; }
  Request* back() const { return tail_; }
  void push(Request* request) {
    request->*kNext = nullptr;
    if (tail_) {
      tail_->*kNext = request;
    } else {
      head_ = request;
    }
    tail_ = request;
    ++pushed_;
  }
  Request* pop() {
    Request* request = head_;
    head_ = request->*kNext;
    wire::prefetch(head_);  // thousands may be waiting: the next has left the cache
    if (!head_) tail_ = nullptr;
    ++popped_;
    return request;
  }

 private:
  Request* head_ = nullptr;
  Request* tail_ = nullptr;
  uint64_t pushed_ = 0;
  uint64_t popped_ = 0;
};

using SessionQueue = RequestQueue<&Request::next_in_session>;
using UpstreamQueue = RequestQueue<&Request::next_in_upstream>;

// Freed requests are kept for the next use, up to a bound.
class RequestPool {
 public:
  static constexpr size_t kMaxIdle = 4096;

  RequestPool() = default;
  RequestPool(const RequestPool&) = delete;
  RequestPool& operator=(const RequestPool&) = delete;
  ~RequestPool();

  Request* acquire(const wire::Command* command, uint64_t started_ns) {
    Request* request = free_;
    if (request) [[likely]] {
      free_ = request->next_in_session;
      fewest_idle_ = std::min(fewest_idle_, --idle_);
    } else {
      request = new Request;
    }
    request->session = nullptr;
    request->fan_out = nullptr;
    request->command = command;
    request->started_ns = started_ns;
    request->part = 0;
    request->in_upstream = request->settled = request->answered = request->silent = false;
    request->told = Request::Told::kIfSlow;
    request->held_ms = 0;
    return request;
  }
  // Frees the idle ones that nobody has needed since the last call.
  void shrink();
  size_t idle() const { return idle_; }
  // Frees the request if it is in no queue any more.
  void release_if_done(Request* request) {
    if (!request->session && !request->in_upstream) release(request);
  }

 private:
  void release(Request* request) {
    if (!request->reply.empty()) request->reply.clear();
    if (request->debt) [[unlikely]]
      request->debt.reset();
    request->keys.clear();
    if (idle_ == kMaxIdle) [[unlikely]] {
      delete request;
      return;
    }
    request->next_in_session = free_;
    free_ = request;
    ++idle_;
  }

  Request* free_ = nullptr;
  size_t idle_ = 0;
  size_t fewest_idle_ = 0;  // since the last shrink()
};

}  // namespace slotway::proxy
