#include "proxy/transactions/transaction.h"

#include <algorithm>

#include "proxy/local/database.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/scripts/script_run.h"
#include "proxy/tracking.h"
#include "proxy/worker.h"
#include "wire/command_error.h"

namespace slotway::proxy {

namespace {

std::string encoded_request(wire::Args args, wire::BlockPool& pool) {
  wire::OutputBuffer out(pool);
  encode_request(out, args);
  std::string bytes;
  for (const wire::BlockRange& range : out.ranges()) bytes += range.view();
  return bytes;
}

}  // namespace

Transaction::Transaction(Session& session)
    : session_(session), bytes_(session.worker().loop().pool()) {}

// ---- MULTI

void Transaction::multi(const LocalCall& call) {
  if (open_) return call.error("ERR MULTI calls can not be nested");
  open_ = true;
  call.ok();
}

bool Transaction::take_slot(wire::Slot slot) {
  if (slot_ && *slot_ != slot) {
    if (!has_one_shard(session_)) return false;
    needs_one_shard_ = true;
  }
  slot_ = slot;
  return true;
}

std::string Transaction::excess(const wire::Request& request) const {
  if (bytes_.size() + bytes_here_ + request.raw.size() >
      session_.pool().settings().limits.request_size) {
    return "ERR the transaction is larger than request_size";
  }
  if (commands_.size() >= Upstream::kMaxQueuedRequests) {
    return "ERR the transaction has too many commands";
  }
  return {};
}

std::string Transaction::refusal(const wire::Command& command, const Admission& admission) {
  if (!admission.refusal.empty()) return admission.refusal;
  needs_one_shard_ = needs_one_shard_ || admission.needs_one_shard;
  if (admission.slot && !take_slot(*admission.slot)) return std::string(wire::kCrossSlot);
  // Behind the block it would come too late for what follows it.
  if (asks_all_ && admission.place == Admission::Place::kShard) {
    return "ERR behind MULTI no command may follow one that concerns all shards";
  }
  return busy_error(command);
}

Routed Transaction::queue(const wire::Command& command, const wire::Request& request,
                          const wire::BlockRef& block) {
  using Place = Admission::Place;
  Admission admission;
  std::string why_not = command.spec->flags & wire::kNoMulti
                            ? "ERR Command not allowed inside a transaction"
                            : excess(request);
  if (why_not.empty()) {
    admission = admit(session_, command, request.args);
    if (admission.place == Place::kBoth) {
      // Found out before, so that the proxy cannot come to another result than the shard.
      const Destination database = find_database(session_, parse_database(request.args[1]).number);
      if (database.hold()) return Routed::kHold;
      if (!database.ready()) admission.refusal = database.error();
    }
    why_not = refusal(command, admission);
  }
  // Here and not behind EXEC, which could refuse nothing but the whole.
  if (why_not.empty() && session_.pool().hot_keys().is_over_limit(command, request.args)) {
    why_not = HotKeys::kOverLimit;
  }
  if (!why_not.empty()) {
    spoil();
    session_.reply_error(&command, why_not);
    return Routed::kDone;
  }
  if (admission.is_here()) keep_here(request, admission);
  if (admission.is_in_block()) add_to_block(request, block);
  if (admission.place == Place::kShard) note_scripts(command, request.args);
  note_keys(command, request.args);
  asks_all_ = asks_all_ || admission.place == Place::kAllShards;
  commands_.push_back(&command);
  // What is carried out here is counted then.
  session_.reply(admission.is_here() ? nullptr : &command,
                 [](wire::ReplyWriter& writer) { writer.simple("QUEUED"); });
  return Routed::kDone;
}

void Transaction::keep_here(const wire::Request& request, const Admission& admission) {
  std::string bytes(request.raw);
  if (request.is_inline) bytes = encoded_request(request.args, bytes_.pool());
  bytes_here_ += bytes.size();
  here_.push_back({commands_.size(), std::move(bytes), admission.is_in_block()});
}

void Transaction::add_to_block(const wire::Request& request, const wire::BlockRef& block) {
  if (request.is_inline) {
    encode_request(bytes_, request.args);
  } else {
    bytes_.append(block, request.raw);
  }
}

void Transaction::note_keys(const wire::Command& command, wire::Args args) {
  named_.add(session_.pool().hot_keys().names(command, args));
}

void Transaction::note_scripts(const wire::Command& command, wire::Args args) {
  if (command.spec->group != wire::Group::kScripting) return;
  runs_scripts_ = true;
  if (const auto digest = note_script(session_, command, args)) scripts_.push_back(*digest);
}

void Transaction::spoil() {
  spoilt_ = spoilt_ || open_;
  // It may have been held with a pin.
  if (!open_ && !over_ && !watches_ && unanswered_watches_ == 0) finish();
}

// ---- its end

std::string Transaction::busy_error(const wire::Command& command) const {
  if (!slot_ || command.spec->flags & wire::kAllowBusy) return {};
  Pool& pool = session_.pool();
  const ShardIndex index = pool.topology().shard_of_slot(*slot_);
  if (index >= Topology::kMoving || !pool.shard(index).is_busy()) return {};
  return "BUSY " + pool.shard(index).primary().breaker().busy_text();
}

Destination Transaction::destination() const {
  if (slot_) return find_destination(session_, *slot_);
  // Without keys any shard will do.
  return find_destination(session_, *session_.pool().shards().front());
}

void Transaction::exec(const LocalCall& call) {
  if (run_) return go_on(call);
  if (!open_) {
    call.error("ERR EXEC without MULTI");
    if (!pin_) finish();
    return;
  }
  const std::string busy = busy_error(call.command);
  // A reload may have brought further shards.
  if (!busy.empty()) {
    forget_watched();
    call.error("EXECABORT Transaction discarded because of: " + busy);
  } else if (spoilt_ || (needs_one_shard_ && !has_one_shard(session_))) {
    forget_watched();
    call.error("EXECABORT Transaction discarded because of previous errors.");
  } else if (watch_is_lost()) {
    call.reply([](wire::ReplyWriter& writer) { writer.null_array(); });
  } else if (commands_.empty() && !pin_) {
    call.reply([](wire::ReplyWriter& writer) { writer.array(0); });
  } else if (!here_.empty() && session_.pending() > 0) {
    call.routed = Routed::kWait;
    return;
  } else if (commands_.size() > here_.size() || pin_) {
    call.routed = run_block(call.command);
    if (call.routed != Routed::kDone) return;
    if (run_) return go_on(call);
  } else {
    run_ = std::make_unique<ExecRun>(session_, commands_, here_, /*has_block=*/false);
    return go_on(call);
  }
  finish();
}

void Transaction::go_on(const LocalCall& exec) {
  exec.routed = run_->go_on(exec.command);
  if (exec.routed != Routed::kDone) return;
  const auto reason = run_->finishes_behind();
  run_.reset();
  finish();
  if (reason) session_.finish(*reason);
}

Routed Transaction::run_block(const wire::Command& exec) {
  if (!session_.choose_lane(exec, bytes_.size())) return Routed::kWait;
  const Destination at = destination();
  if (at.hold()) return Routed::kHold;
  if (!at.ready()) {
    forget_watched();
    session_.reply_error(&exec, at.error());
    return Routed::kDone;
  }
  if (pin_ && at.upstream != &*pin_) {
    // The slot has moved: what was watched is not where the commands go.
    forget_watched();
    session_.reply(&exec, [](wire::ReplyWriter& writer) { writer.null_array(); });
    return Routed::kDone;
  }
  switch (at.upstream->has_transactions()) {
    case Abilities::State::kUnknown:
    case Abilities::State::kAsked:
      return Routed::kHold;
    case Abilities::State::kYes:
      send(*at.upstream, exec);
      break;
    case Abilities::State::kNo:
      forget_watched();
      session_.reply_error(&exec, at.upstream->refusal(Abilities::kTransactions));
  }
  return Routed::kDone;
}

// One write, so nothing comes between; all replies but the last have nobody who waits for them.
void Transaction::send(Upstream& upstream, const wire::Command& exec) {
  Worker& worker = session_.worker();
  wire::OutputBuffer& out = upstream.output();
  const wire::Command* const multi = wire::find_command("multi");
  for (const wire::Sha1& digest : scripts_) load_ahead(upstream, session_.pool(), digest);
  if (Tracking* const tracking = session_.tracking()) tracking->announce(upstream);
  const bool selects = std::ranges::any_of(here_, &QueuedHere::is_at_shard);
  encode_request(out, {"MULTI"});
  for (const wire::BlockRange& range : bytes_.ranges()) out.append(range.block, range.view());
  encode_request(out, {"EXEC"});
  const auto push_behind = [&](const wire::Command* command) {
    Request* const request = worker.requests().acquire(command, worker.turn_ns());
    request->part = Request::kBehindMulti;
    upstream.push(request);
  };
  push_behind(multi);
  size_t next_here = 0;
  for (size_t i = 0; i < commands_.size(); ++i) {
    const bool is_here = next_here < here_.size() && here_[next_here].index == i;
    if (!is_here || here_[next_here].is_at_shard) push_behind(commands_[i]);
    next_here += is_here;
  }
  if (!here_.empty()) {
    run_ = std::make_unique<ExecRun>(session_, commands_, here_, /*has_block=*/true);
  }
  Request* const expected = session_.expect_reply(&exec);
  expected->keys = std::move(named_);
  upstream.push(expected);
  if (runs_scripts_) upstream.note_script();
  if (selects) upstream.select_again();
}

void Transaction::discard(const LocalCall& call) {
  if (!open_) {
    call.error("ERR DISCARD without MULTI");
    if (!pin_) finish();
    return;
  }
  forget_watched();
  call.ok();
  finish();
}

void Transaction::abandon() {
  if (over_) return;
  forget_watched();
  finish();
}

void Transaction::finish() {
  over_ = true;
  if (pin_ && !watch_is_lost()) pin_.mark_clean();
  open_ = spoilt_ = false;
}

// ---- WATCH

bool Transaction::watch_is_lost() const {
  return pin_ && (unguarded_ || !pin_.available() ||
                  (!pin_.is_shared() && pin_->protocol() != session_.protocol()));
}

Upstream* Transaction::pin_to(const Pins& pins) const {
  const bool is_pinned =
      pin_ && pin_.is_of(pins) && (pin_.is_shared() || pin_->protocol() == session_.protocol());
  return is_pinned ? &*pin_ : nullptr;
}

void Transaction::forget_watched() {
  if (!pin_ || watch_is_lost()) return;  // such a pin is not used again
  Worker& worker = session_.worker();
  encode_request(pin_->output(), {"UNWATCH"});
  pin_->push(worker.requests().acquire(wire::find_command("unwatch"), worker.turn_ns()));
}

void Transaction::watch(const LocalCall& call) {
  if (open_) return call.error("ERR WATCH inside MULTI is not allowed");
  const KeySlot keys = slot_of_keys(session_, call.command, call.args);
  if (!keys.error.empty() || !take_slot(keys.slot)) {
    call.error(keys.error.empty() ? wire::kCrossSlot : keys.error);
    if (!pin_) finish();
    return;
  }
  // What the session has asked for before goes by another connection.
  if (!pin_ && !call.may_change_connections()) return;
  if (!call.may_ask_shards()) return;
  const Destination at = pin_ ? destination() : find_pin(session_, *slot_, pin_);
  if (at.hold()) {
    call.routed = Routed::kHold;
    return;
  }
  if (!at.ready()) {
    call.error(at.error());
    if (!watches_ && unanswered_watches_ == 0) finish();
    return;
  }
  if (watch_is_lost() || at.upstream != &*pin_) {
    // By no other connection: EXEC will find that something may have changed.
    watches_ = unguarded_ = true;
    return call.ok();
  }
  encode_request(pin_->output(), call.args);
  note_keys(call.command, call.args);
  Request* const expected = session_.expect_reply(&call.command);
  expected->keys = session_.pool().hot_keys().names(call.command, call.args);
  pin_->push(expected);
  watch_ = &call.command;
  ++unanswered_watches_;
}

// One that watches nothing needs no pin.
void Transaction::answered(const Request& request, const ReplyView& reply) {
  if (run_ && session_.reply_mode == Session::ReplyMode::kKept) return run_->keep(reply);
  if (request.command != watch_ || !watch_) return;
  --unanswered_watches_;
  watches_ = watches_ || !reply.is_error();
  if (unanswered_watches_ == 0 && !watches_ && !open_) abandon();
}

void Transaction::unwatch(const LocalCall& call) {
  forget_watched();
  call.ok();
  finish();
}

}  // namespace slotway::proxy
