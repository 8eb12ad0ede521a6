#include "proxy/hotkeys/fetch_line.h"

#include <algorithm>
#include <utility>

#include "metrics/log.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/hotkeys/resp2_form.h"
#include "proxy/hotkeys/rules.h"
#include "proxy/request_encoding.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

constexpr uint64_t kPingNs = 20'000'000;
constexpr unsigned kMostAttempts = 3;
constexpr uint64_t kRetryNs = 60'000'000'000;
constexpr uint64_t kRefusedPauseNs = 1'000'000'000;
constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kLateNs = 1'000'000'000;  // of a push without rule P
// Mode ttl: nothing is to be heard, so all has been. Far from what overflows.
constexpr uint64_t kForEver = UINT64_MAX / 2;

}  // namespace

FetchLine::FetchLine(Worker& worker, Lanes& lanes, const Coherence& coherence, FetchTarget& target)
    : worker_(worker), lanes_(lanes), coherence_(coherence), target_(target) {
  open();
}

void FetchLine::open() {
  attempts_lost_ = 0;
  refused_ = false;
  is_tracked_ = target_.fetch_settings().is_tracked;
  coherence_.state()
      .barrier(worker_.number())
      .store(is_tracked_ ? 0 : kForEver, std::memory_order_release);
  upstream_ = lanes_.open_another(3, this);
}

// ---- asking

void FetchLine::ask(Upstream& upstream, std::initializer_list<std::string_view> args,
                    Expected::Kind kind) {
  encode_request(upstream.output(), args);
  upstream.push_handled();
  expected_.push_back({kind, worker_.now_ns()});
}

void FetchLine::on_attempt(Upstream& upstream) {
  expected_.clear();
  is_open_ = false;
  if (is_tracked_) {
    ask(upstream, {"CLIENT", "TRACKING", "ON", "OPTIN"}, Expected::Kind::kOpening);
  } else {
    ask(upstream, {"PING"}, Expected::Kind::kOpening);  // whatever is said, RESP3 was not refused
  }
}

FetchLine::Fetch* FetchLine::under_way(const Asked& asked) {
  const auto same = std::ranges::find_if(fetches_, [&](const Fetch& each) {
    return each.stamp.cell == asked.cell && each.order.is(asked.request, asked.database);
  });
  return same == fetches_.end() ? nullptr : &*same;
}

FetchLine::Fetching FetchLine::join(const Asked& asked, FetchWaiter waiter) {
  Fetch* const fetch = under_way(asked);
  if (!fetch) return Fetching::kImpossible;
  const uint64_t oldest_ns =
      std::min(target_.fetch_settings().staleness_ns, fetch->order.max_ttl_ns);
  if (by_rule(Rule::kJoin, fetch->stamp.holds(coherence_.state())) &&
      worker_.now_ns() - fetch->sent_ns < oldest_ns) {
    fetch->waiters.push_back(waiter);
  } else {
    fetch->next.push_back(waiter);
    if (fetch->next.size() == 1) return Fetching::kStarted;
  }
  worker_.metrics().hot_keys.add(metrics::HotKeyCount::kJoined);
  return Fetching::kJoined;
}

FetchLine::Fetching FetchLine::fetch(const FetchOrder& order, FetchWaiter waiter) {
  const Fetching joined = join(order.asked(), waiter);
  if (joined != Fetching::kImpossible) return joined;
  std::vector<FetchWaiter> waiters = {waiter};
  return start(order, waiters) ? Fetching::kStarted : Fetching::kImpossible;
}

void FetchLine::refresh(const FetchOrder& order) {
  std::vector<FetchWaiter> nobody;
  if (!under_way(order.asked())) start(order, nobody);
}

bool FetchLine::start(const FetchOrder& order, std::vector<FetchWaiter>& waiters) {
  if (!is_open_ || is_tracked_ != target_.fetch_settings().is_tracked ||
      worker_.now_ns() < refused_until_ns_ || !upstream_->ready() || upstream_->congested() ||
      upstream_->prepare(order.database) != Abilities::State::kYes) {
    return false;
  }
  worker_.metrics().hot_keys.add(metrics::HotKeyCount::kFetches);
  // Rule R3: the stamp comes before the request.
  Fetch fetch{order, Stamp::of(*order.cell, coherence_.state()), worker_.now_ns(),
              std::move(waiters)};
  if (is_tracked_) ask(*upstream_, {"CLIENT", "CACHING", "YES"}, Expected::Kind::kCaching);
  // From PTTL on the shard says when the key changes. If it does so before the command, that is
  // heard before the reply to the command, which then is not kept: so the two need no transaction.
  ask(*upstream_, {"PTTL", order.key}, Expected::Kind::kTtl);
  upstream_->output().append(order.request);
  upstream_->push_handled();
  expected_.push_back({Expected::Kind::kFetch, worker_.now_ns()});
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
  if (leaving_) return;
  if (is_tracked_ != target_.fetch_settings().is_tracked) {
    upstream_->abandon("its keys are cached in another mode");
    if (!upstream_->closed()) return;
    open();
  }
  if (attempts_lost_ >= kMostAttempts) {
    if (!refused_) give_up();
    if (now_ns < gave_up_ns_ + kRetryNs || !upstream_->closed() || !lanes_.main().ready()) return;
    open();
  }
  const bool pings = is_tracked_ && target_.serves();
  if (pings && upstream_->ready() && now_ns >= pinged_ns_ + kPingNs) ping(now_ns);
  // They may be served by another connection, and hear there why not.
  for (Fetch& fetch : fetches_) {
    if (now_ns < fetch.sent_ns + target_.fetch_settings().patience_ns) break;
    if (fetch.serves_any()) give_back(fetch);
  }
}

void FetchLine::leave(std::string_view reason) {
  leaving_ = true;
  upstream_->abandon(reason);
}

// ---- what comes

void FetchLine::on_own_reply(Upstream&, ReplyView view) {
  const std::string_view reply = view.head();
  const Expected expected = expected_.front();
  expected_.pop_front();
  switch (expected.kind) {
    case Expected::Kind::kOpening:
      is_open_ = !is_tracked_ || reply == "+OK\r\n";
      refused_ = !is_open_;
      attempts_lost_ = 0;
      coherence_.state().set_fetches(worker_.number(), is_open_);
      if (refused_) {
        metrics::log::warn("{} has no CLIENT TRACKING: its keys are not cached ({})",
                           upstream_->shard().label(), reply.substr(0, reply.find('\r')));
      }
      return;
    case Expected::Kind::kCaching:
      will_tell_ = reply == "+OK\r\n";
      return;
    case Expected::Kind::kTtl:
      fetches_.front().ttl_ms = ReplyCursor(reply).integer();
      return;
    case Expected::Kind::kPing:
      if (reply != "+PONG\r\n") return;
      break;
    case Expected::Kind::kFetch: {
      Fetch fetch = std::move(fetches_.front());
      fetches_.pop_front();
      const bool is_told = !is_tracked_ || will_tell_;
      if (!is_open_ || !is_told || !fetch.ttl_ms) return refused(std::move(fetch));
      finish(std::move(fetch), reply);
      break;
    }
  }
  if (!is_tracked_) return;
  const uint64_t proven_ns = rule_holds(Rule::kPingSent) ? expected.sent_ns : worker_.now_ns();
  coherence_.state().barrier(worker_.number()).store(proven_ns, std::memory_order_release);
}

void FetchLine::finish(Fetch fetch, std::string_view reply) {
  uint64_t lasts_ns = fetch.order.max_ttl_ns;
  if (*fetch.ttl_ms >= 0) {
    lasts_ns = std::min(lasts_ns, static_cast<uint64_t>(*fetch.ttl_ms) * kNsPerMs);
  }
  std::string resp2 = resp2_form(reply, fetch.order.null_arrays);
  if (resp2 == reply) resp2.clear();
  auto kept = std::make_shared<CachedReply>(fetch.order, reply, resp2);
  kept->stamp = rule_holds(Rule::kStampFirst) ? fetch.stamp
                                              : Stamp::of(*fetch.stamp.cell, coherence_.state());
  kept->shard = coherence_.shared_state();
  kept->owner = worker_.number();
  kept->deadline_ns = fetch.sent_ns + lasts_ns;
  const bool is_error = reply.front() == '-' || reply.front() == '!';
  const bool keep =
      by_rule(Rule::kNoErrors, !is_error) && reply.size() <= target_.fetch_settings().max_reply;
  // The slot of the key may have moved since.
  const bool goes_on =
      fetch.next.empty() || (target_.asks_by(*this, fetch.order) && start(fetch.order, fetch.next));
  target_.fetched(std::move(kept), keep, std::exchange(fetch.waiters, {}));
  if (!goes_on) give_back(fetch);
}

void FetchLine::refused(Fetch fetch) {
  refused_until_ns_ = worker_.now_ns() + kRefusedPauseNs;
  give_back(fetch);
}

// Those who wait for it, and those who wait for later fetches of the key: what they would get may
// be older than what these get now.
void FetchLine::give_back(Fetch& given) {
  const auto give = [this](Fetch& fetch) {
    std::vector<FetchWaiter> waiters = std::exchange(fetch.waiters, {});
    for (const FetchWaiter& next : std::exchange(fetch.next, {})) waiters.push_back(next);
    if (!waiters.empty()) target_.not_fetched(fetch.order, std::move(waiters));
  };
  give(given);
  for (Fetch& fetch : fetches_) {
    if (fetch.order.hash == given.order.hash) give(fetch);
  }
}

void FetchLine::on_push(Upstream&, ReplyView push) {
  if (rule_holds(Rule::kPushFirst)) return obey(push.head());
  worker_.try_until_done([this, late = std::string(push.head()), since_ns = worker_.now_ns()] {
    const bool is_time = worker_.now_ns() > since_ns + kLateNs;
    if (is_time) obey(late);
    return is_time;
  });
}

void FetchLine::obey(std::string_view push) {
  ReplyCursor cursor(push);
  if (!cursor.enter_push() || cursor.string() != "invalidate") return;
  const std::optional<int64_t> count = cursor.enter_array();
  if (!count) {  // null: all of them
    if (rule_holds(Rule::kNullPush)) coherence_.state().bump();
    return;
  }
  for (int64_t i = 0; i < *count; ++i) {
    const std::optional<std::string_view> key = cursor.string();
    if (!key) return coherence_.state().bump();
    if (const auto bumped = target_.invalidated(*key)) restamp(*bumped);
  }
}

// A fetch whose replies are still to come was carried out after the change that the shard tells of.
void FetchLine::restamp(const FetchTarget::Bumped& bumped) {
  for (Fetch& fetch : fetches_) {
    const bool includes_it = !fetch.ttl_ms;
    if (fetch.stamp.cell == bumped.cell && fetch.stamp.version == bumped.before &&
        by_rule(Rule::kRestamp, includes_it)) {
      ++fetch.stamp.version;
    }
  }
}

// The shard has forgotten what it had to tell.
void FetchLine::on_lost(Upstream&) {
  coherence_.state().set_fetches(worker_.number(), false);
  if (rule_holds(Rule::kLostConnection)) coherence_.state().bump();
  if (!is_open_ && lanes_.main().ready()) ++attempts_lost_;
  is_open_ = false;
  expected_.clear();
  for (Fetch& fetch : std::exchange(fetches_, {})) give_back(fetch);
}

}  // namespace slotway::proxy
