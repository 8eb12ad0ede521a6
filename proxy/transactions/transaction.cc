#include "proxy/transactions/transaction.h"

#include <algorithm>

#include "proxy/local/database.h"
#include "proxy/local/local_commands.h"
#include "proxy/request_encoding.h"
#include "proxy/scripts/script_run.h"
#include "proxy/tracking.h"
#include "proxy/worker.h"
#include "wire/command_error.h"
#include "wire/key_extraction.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

bool has_one_shard(Session& session) { return session.pool().shards().size() == 1; }

// Whether it has an option that is refused where there are several shards.
bool reaches_all(const wire::Command& command, wire::Args args) {
  const wire::CommandSpec& spec = *command.spec;
  return !spec.options.empty() && !(spec.flags & wire::kBlocking) &&
         wire::refused_option(spec, args);
}

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

std::string Transaction::refusal(const wire::Command& command, const wire::Request& request) {
  const wire::CommandSpec& spec = *command.spec;
  if (spec.flags & wire::kNoMulti) return "ERR Command not allowed inside a transaction";
  if (bytes_.size() + bytes_here_ + request.raw.size() >
      session_.pool().settings().limits.request_size) {
    return "ERR the transaction is larger than request_size";
  }
  if (commands_.size() >= Upstream::kMaxQueuedRequests) {
    return "ERR the transaction has too many commands";
  }
  if (spec.in_multi == wire::InMulti::kAtShard) return {};
  if (spec.in_multi == wire::InMulti::kAtOneShard && has_one_shard(session_)) {
    needs_one_shard_ = true;
    return {};
  }
  if (spec.in_multi == wire::InMulti::kNever || spec.in_multi == wire::InMulti::kAtOneShard) {
    return "ERR '" + command.full_name + "' is not supported behind MULTI by this proxy";
  }
  switch (spec.handling) {
    case wire::Handling::kForward:
    case wire::Handling::kScript:
    case wire::Handling::kSplit: {
      std::string option = refused_option_error(session_, command, request.args);
      if (!option.empty()) return option;
      const KeySlot keys = slot_of_keys(session_, command, request.args);
      if (!keys.error.empty()) return std::string(keys.error);
      needs_one_shard_ = needs_one_shard_ || keys.mixed || reaches_all(command, request.args);
      return !keys.has_keys || take_slot(keys.slot) ? std::string() : std::string(wire::kCrossSlot);
    }
    case wire::Handling::kBroadcast:
      needs_one_shard_ = needs_one_shard_ || has_one_shard(session_);
      return {};
    case wire::Handling::kLocal:
      return {};
    default:
      return "ERR '" + command.full_name + "' is not supported by this proxy";
  }
}

Transaction::Place Transaction::place_of(const wire::Command& command, wire::Args args) const {
  if (command.spec->handling == wire::Handling::kBroadcast && !has_one_shard(session_)) {
    return Place::kHere;
  }
  if (command.spec->handling != wire::Handling::kLocal) return Place::kShard;
  switch (command.spec->in_multi) {
    case wire::InMulti::kByHandling:
      return Place::kHere;
    case wire::InMulti::kBoth:
      // What is no database of the proxy's must not become one at the shard.
      return parse_database(args[1]).error.empty() ? Place::kBoth : Place::kHere;
    default:
      return Place::kShard;
  }
}

Routed Transaction::queue(const wire::Command& command, const wire::Request& request,
                          const wire::BlockRef& block) {
  std::string why_not = refusal(command, request);
  const Place place = place_of(command, request.args);
  if (why_not.empty() && place == Place::kBoth) {
    // Found out before, so that the proxy cannot come to another result than the shard.
    const Destination database = find_database(session_, parse_database(request.args[1]).number);
    if (database.hold()) return Routed::kHold;
    if (!database.ready()) why_not = database.error();
  }
  // Behind the block it would come too late for what follows it.
  if (why_not.empty() && asks_all_ && place == Place::kShard) {
    why_not = "ERR behind MULTI no command may follow one that concerns all shards";
  }
  if (why_not.empty()) why_not = busy_error(command);
  if (!why_not.empty()) {
    spoil();
    session_.reply_error(&command, why_not);
    return Routed::kDone;
  }
  if (place == Place::kHere && command.spec->handling == wire::Handling::kBroadcast) {
    asks_all_ = true;
  }
  if (place != Place::kShard) {
    std::string bytes(request.raw);
    if (request.is_inline) bytes = encoded_request(request.args, bytes_.pool());
    bytes_here_ += bytes.size();
    here_.push_back({commands_.size(), std::move(bytes), place == Place::kBoth});
  }
  needs_shard_ = needs_shard_ || place == Place::kShard;
  commands_.push_back(&command);
  if (place == Place::kShard && command.spec->group == wire::Group::kScripting) {
    runs_scripts_ = true;
    if (const auto digest = note_script(session_, command, request.args)) {
      scripts_.push_back(*digest);
    }
  }
  if (place != Place::kHere && request.is_inline) {
    encode_request(bytes_, request.args);
  } else if (place != Place::kHere) {
    bytes_.append(block, request.raw);
  }
  // What is carried out here is counted then.
  session_.reply(place == Place::kShard ? &command : nullptr,
                 [](wire::ReplyWriter& writer) { writer.simple("QUEUED"); });
  return Routed::kDone;
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
  } else if (needs_shard_ || pin_) {
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
    Request* const request = worker.requests().acquire(command, worker.now_ns());
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
  upstream.push(session_.expect_reply(&exec));
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
  pin_->push(worker.requests().acquire(wire::find_command("unwatch"), worker.now_ns()));
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
  pin_->push(session_.expect_reply(&call.command));
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
