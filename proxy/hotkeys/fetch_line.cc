#include "proxy/hotkeys/fetch_line.h"

#include <algorithm>
#include <utility>

#include "metrics/log.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/hotkeys/resp2_form.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

constexpr uint64_t kPingNs = 20'000'000;
constexpr unsigned kMostAttempts = 3;
constexpr uint64_t kRetryNs = 60'000'000'000;
constexpr uint64_t kRefusedPauseNs = 1'000'000'000;
constexpr uint64_t kNsPerMs = 1'000'000;

}  // namespace

FetchLine::FetchLine(Worker& worker, Lanes& lanes, const Coherence& coherence, FetchTarget& target)
    : worker_(worker),
      lanes_(lanes),
      coherence_(coherence),
      target_(target),
      upstream_(lanes.open_another(3, this)) {}

// ---- asking

void FetchLine::ask(Upstream& upstream, std::initializer_list<std::string_view> args,
                    Expected::Kind kind) {
  encode_request(upstream.output(), args);
  upstream.push_handled();
  expected_.push_back({kind, worker_.now_ns()});
}

void FetchLine::on_attempt(Upstream& upstream) {
  expected_.clear();
  tracks_ = false;
  ask(upstream, {"CLIENT", "TRACKING", "ON", "OPTIN"}, Expected::Kind::kTracking);
}

FetchLine::Fetch* FetchLine::under_way(const FetchOrder& order, uint64_t now_ns) {
  for (Fetch& fetch : fetches_) {
    if (fetch.order.is_same(order) && fetch.stamp.cell == order.cell &&
        fetch.stamp.holds(coherence_.state()) &&
        now_ns - fetch.sent_ns < target_.fetch_settings().staleness_ns) {
      return &fetch;
    }
  }
  return nullptr;
}

bool FetchLine::fetch(const FetchOrder& order, FetchWaiter waiter) {
  if (Fetch* const fetch = under_way(order, worker_.now_ns())) {
    fetch->waiters.push_back(waiter);
    worker_.metrics().hot_keys.add(metrics::HotKeyCount::kJoined);
    return true;
  }
  return start(order, {waiter});
}

bool FetchLine::refresh(const FetchOrder& order) {
  return under_way(order, worker_.now_ns()) || start(order, {});
}

bool FetchLine::start(const FetchOrder& order, std::vector<FetchWaiter> waiters) {
  if (!tracks_ || worker_.now_ns() < refused_until_ns_ || !upstream_->ready() ||
      upstream_->congested() || upstream_->prepare(order.database) != Abilities::State::kYes) {
    return false;
  }
  worker_.metrics().hot_keys.add(metrics::HotKeyCount::kFetches);
  // Rule R3: the stamp comes before the request.
  Fetch fetch{order, Stamp::of(*order.cell, coherence_.state()), worker_.now_ns(),
              std::move(waiters)};
  ask(*upstream_, {"CLIENT", "CACHING", "YES"}, Expected::Kind::kCaching);
  ask(*upstream_, {"MULTI"}, Expected::Kind::kNothing);
  ask(*upstream_, {"PTTL", order.key}, Expected::Kind::kNothing);
  upstream_->output().append(order.request);
  upstream_->push_handled();
  expected_.push_back({Expected::Kind::kNothing, worker_.now_ns()});
  ask(*upstream_, {"EXEC"}, Expected::Kind::kFetch);
  fetches_.push_back(std::move(fetch));
  return true;
}

void FetchLine::ping(uint64_t now_ns) {
  pinged_ns_ = now_ns;
  ask(*upstream_, {"PING"}, Expected::Kind::kPing);
}

// A server that does not speak RESP3 would be asked for ever.
void FetchLine::give_up() {
  refused_ = true;
  gave_up_ns_ = worker_.now_ns();
  metrics::log::info("{} has no RESP3: its keys are not cached", upstream_->shard().label());
  upstream_->abandon("it does not speak RESP3");
}

void FetchLine::tick(uint64_t now_ns) {
  upstream_->tick(now_ns);
  if (attempts_lost_ >= kMostAttempts) {
    if (!refused_) give_up();
    if (now_ns < gave_up_ns_ + kRetryNs || !upstream_->closed() || !lanes_.main().ready()) return;
    attempts_lost_ = 0;
    refused_ = false;
    upstream_ = lanes_.open_another(3, this);
  }
  if (target_.serves() && upstream_->ready() && now_ns >= pinged_ns_ + kPingNs) ping(now_ns);
  // They may be served by another connection, and hear there why not.
  for (Fetch& fetch : fetches_) {
    if (now_ns < fetch.sent_ns + target_.fetch_settings().patience_ns) break;
    if (!fetch.waiters.empty()) target_.not_fetched(fetch.order, std::exchange(fetch.waiters, {}));
  }
}

// ---- what comes

void FetchLine::on_own_reply(Upstream&, ReplyView view) {
  const std::string_view reply = view.head();
  const Expected expected = expected_.front();
  expected_.pop_front();
  switch (expected.kind) {
    case Expected::Kind::kTracking:
      tracks_ = reply == "+OK\r\n";
      refused_ = !tracks_;
      attempts_lost_ = 0;
      coherence_.state().set_fetches(worker_.number(), tracks_);
      if (refused_) {
        metrics::log::warn("{} has no CLIENT TRACKING: its keys are not cached ({})",
                           upstream_->shard().label(), reply.substr(0, reply.find('\r')));
      }
      return;
    case Expected::Kind::kCaching:
      will_tell_ = reply == "+OK\r\n";
      return;
    case Expected::Kind::kNothing:
      return;
    case Expected::Kind::kPing:
      if (reply != "+PONG\r\n") return;
      break;
    case Expected::Kind::kFetch: {
      Fetch fetch = std::move(fetches_.front());
      fetches_.pop_front();
      if (!tracks_ || !will_tell_ || reply.front() != '*') return refused(std::move(fetch));
      finish(std::move(fetch), reply);
      break;
    }
  }
  coherence_.state().barrier(worker_.number()).store(expected.sent_ns, std::memory_order_release);
}

void FetchLine::finish(Fetch fetch, std::string_view reply) {
  ReplyCursor cursor(reply);
  cursor.enter_array();
  const std::optional<int64_t> ttl_ms = cursor.integer();
  const std::string_view answer = cursor.element();
  if (!ttl_ms || answer.empty()) return refused(std::move(fetch));
  uint64_t lasts_ns = fetch.order.max_ttl_ns;
  if (*ttl_ms >= 0) lasts_ns = std::min(lasts_ns, static_cast<uint64_t>(*ttl_ms) * kNsPerMs);
  auto kept = std::make_shared<CachedReply>();
  kept->order = std::move(fetch.order);
  kept->resp3 = answer;
  if (std::string resp2 = resp2_form(answer, kept->order.null_arrays); resp2 != kept->resp3) {
    kept->resp2 = std::move(resp2);
  }
  kept->stamp = fetch.stamp;
  kept->shard = coherence_.shared_state();
  kept->owner = worker_.number();
  kept->deadline_ns = fetch.sent_ns + lasts_ns;
  const bool is_error = answer.front() == '-' || answer.front() == '!';
  const bool keep = !is_error && answer.size() <= target_.fetch_settings().max_reply;
  target_.fetched(std::move(kept), keep, std::move(fetch.waiters));
}

void FetchLine::refused(Fetch fetch) {
  refused_until_ns_ = worker_.now_ns() + kRefusedPauseNs;
  drop(std::move(fetch));
}

void FetchLine::drop(Fetch fetch) { target_.not_fetched(fetch.order, std::move(fetch.waiters)); }

void FetchLine::on_push(Upstream&, ReplyView push) {
  ReplyCursor cursor(push.head());
  if (!cursor.enter_push() || cursor.string() != "invalidate") return;
  const std::optional<int64_t> count = cursor.enter_array();
  if (!count) return coherence_.state().bump();  // null: all of them
  for (int64_t i = 0; i < *count; ++i) {
    const std::optional<std::string_view> key = cursor.string();
    if (!key) return coherence_.state().bump();
    target_.invalidated(*key);
  }
}

// The shard has forgotten what it had to tell.
void FetchLine::on_lost(Upstream&) {
  coherence_.state().set_fetches(worker_.number(), false);
  coherence_.state().bump();
  if (!tracks_ && lanes_.main().ready()) ++attempts_lost_;
  tracks_ = false;
  expected_.clear();
  for (Fetch& fetch : std::exchange(fetches_, {})) drop(std::move(fetch));
}

}  // namespace slotway::proxy
