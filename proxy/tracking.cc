#include "proxy/tracking.h"

#include "proxy/fanout/reply_cursor.h"
#include "proxy/request_encoding.h"
#include "proxy/session.h"
#include "proxy/worker.h"
#include "wire/command_table.h"

namespace slotway::proxy {

namespace {

// Without anybody who waits for the reply.
void push_unheard(Worker& worker, Upstream& upstream, const wire::Command* command) {
  upstream.push(worker.requests().acquire(command, worker.turn_ns()));
}

const wire::Command* client_command(std::string_view subcommand) {
  const std::string_view words[] = {"client", subcommand};
  return wire::find_command(wire::Args(words));
}

}  // namespace

Tracking::~Tracking() {
  for (const auto& [number, message] : waiting_) session_.release(message.size());
  for (Own& own : shards_) {
    for (PinLease* pin : {&own.commands, &own.pushes}) {
      if (*pin) (*pin)->listen(nullptr);
    }
  }
}

Tracking::Opened Tracking::open(bool redirects, std::string& error) {
  Pool& pool = session_.pool();
  const size_t limit = pool.settings().limits.pinned_connections;
  if (shards_.empty()) {
    for (const auto& shard : pool.shards()) shards_.push_back({shard.get(), {}, {}});
  }
  bool waits = false;
  for (size_t i = 0; i < shards_.size(); ++i) {
    Own& own = shards_[i];
    for (PinLease* pin : {&own.commands, &own.pushes}) {
      if (pin == &own.pushes && !redirects) continue;
      const bool is_new = !*pin;
      if (is_new) *pin = pool.shard(static_cast<ShardIndex>(i)).pins().take(3, limit);
      if (!*pin) {
        error = "ERR too many clients WATCH, wait or track: all pinned_connections of " +
                own.shard->shard().label() + " are in use";
        return Opened::kNo;
      }
      Upstream& upstream = **pin;
      if (!upstream.available()) {
        const Error reason = upstream.refuse();
        error = reason.code + " " + reason.message;
        return Opened::kNo;
      }
      if (is_new) {
        upstream.listen(this);
        if (pin == &own.pushes) upstream.ask_client_id();
        if (pin == &own.commands && session_.protocol() == 2) greet(upstream, 2);
      }
      waits = waits || (pin == &own.pushes && upstream.client_id() == 0);
    }
  }
  return waits ? Opened::kWait : Opened::kYes;
}

Upstream& Tracking::write_command(size_t shard, const TrackingOptions& options) const {
  const Own& own = shards_[shard];
  std::vector<std::string_view> words = {"CLIENT", "TRACKING", "ON"};
  std::string target;
  if (options.redirect != 0) {
    target = std::to_string(own.pushes->client_id());
    words.insert(words.end(), {"REDIRECT", target});
  }
  if (options.broadcasts) words.push_back("BCAST");
  if (options.opts_in) words.push_back("OPTIN");
  if (options.opts_out) words.push_back("OPTOUT");
  if (options.skips_own) words.push_back("NOLOOP");
  for (const std::string& prefix : options.prefixes) {
    words.insert(words.end(), {"PREFIX", prefix});
  }
  encode_request(own.commands->output(), words);
  return *own.commands;
}

bool Tracking::is_intact(std::string& error) const {
  for (const Own& own : shards_) {
    for (const PinLease* pin : {&own.commands, &own.pushes}) {
      if (!*pin || pin->available()) continue;
      error = own.shard->shard().label() + ": connection lost meanwhile";
      return false;
    }
  }
  return true;
}

void Tracking::turn_on(const TrackingOptions& options, Worker* target) {
  std::set<std::string, std::less<>> prefixes = std::move(options_.prefixes);
  options_ = options;
  options_.prefixes.merge(prefixes);
  if (options_.broadcasts && options_.prefixes.empty()) options_.prefixes.insert("");
  target_ = target;
  on_ = true;
  caching_ = broken_ = false;
}

Upstream& Tracking::connection_to(const ShardConnections& shard) const {
  size_t i = 0;
  while (shards_[i].shard != &shard) ++i;  // slots that move close the session
  return *shards_[i].commands;
}

PinLease Tracking::share(ShardConnections& shard) const {
  return shard.pins().share(connection_to(shard));
}

void Tracking::greet(Upstream& upstream, int protocol) const {
  encode_request(upstream.output(), {"HELLO", std::to_string(protocol)});
  push_unheard(session_.worker(), upstream, wire::find_command("hello"));
}

void Tracking::speak(int protocol) {
  for (const Own& own : shards_) {
    if (own.commands && own.commands->available()) greet(*own.commands, protocol);
  }
}

void Tracking::announce(Upstream& upstream) const {
  if (!caching_) return;
  encode_request(upstream.output(), {"CLIENT", "CACHING", options_.opts_in ? "YES" : "NO"});
  push_unheard(session_.worker(), upstream, client_command("caching"));
}

// ---- what the shards push

void Tracking::on_push(Upstream&, ReplyView push) {
  ReplyCursor cursor(push.head());
  if (!on_ || !cursor.enter_push() || cursor.string() != "invalidate") return;
  const std::string_view keys = cursor.element();
  if (options_.redirect != 0) return redirect(keys);
  if (session_.protocol() == 2) return;
  // A reply that was sent before it must be seen before it, or an old value stays in the cache.
  if (session_.early_bytes() > 0 || !waiting_.empty()) {
    waiting_.emplace_back(session_.asked(), push.head());
    session_.keep(push.size(), 0);
  } else {
    session_.push(push);
  }
}

void Tracking::catch_up() {
  while (!waiting_.empty() && session_.answered() >= waiting_.front().first) {
    session_.release(waiting_.front().second.size());
    session_.push(ReplyView(waiting_.front().second));
    waiting_.pop_front();
  }
}

void Tracking::redirect(std::string_view keys) const {
  Worker& origin = session_.worker();
  target_->loop().post([&origin, target = target_, id = options_.redirect, own = session_.id(),
                        keys = std::string(keys)] {
    const auto to = target->sessions().find(id);
    if (to != target->sessions().end()) return to->second->push_invalidation(keys);
    origin.loop().post([&origin, own, id] {
      const auto from = origin.sessions().find(own);
      if (from == origin.sessions().end() || !from->second->tracking()) return;
      from->second->tracking()->lose_target(id);
    });
  });
}

void Tracking::lose_target(uint64_t id) {
  if (id != options_.redirect) return;
  broken_ = true;
  if (session_.protocol() == 2) return;
  const std::string message =
      ">2\r\n$21\r\ntracking-redir-broken\r\n:" + std::to_string(options_.redirect) + "\r\n";
  session_.push(ReplyView(message));
}

void Tracking::on_lost(Upstream&) {
  // Before it is on, whoever turns it on sees it.
  if (on_) session_.close_as_restarted();
}

}  // namespace slotway::proxy
