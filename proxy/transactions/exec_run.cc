#include "proxy/transactions/exec_run.h"

#include "proxy/fanout/broadcast.h"
#include "proxy/local/database.h"
#include "proxy/local/local_commands.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// Into the worker's request, where the slow log looks for what is carried out.
wire::Args parse(const QueuedHere& command, Worker& worker) {
  // It was parsed before, by limits that may have changed.
  constexpr wire::RequestLimits kAny{
      .multibulk_count = INT32_MAX, .bulk_size = int64_t{1} << 40, .request_size = SIZE_MAX};
  wire::RequestParser parser;
  size_t taken = 0;
  parser.parse(command.request, kAny, worker.parsed(), taken);
  return worker.parsed().args;
}

}  // namespace

ExecRun::ExecRun(Session& session, const std::vector<const wire::Command*>& queued,
                 const std::vector<QueuedHere>& here, bool has_block)
    : session_(session),
      queued_(queued),
      here_(here),
      mode_(session.reply_mode),
      has_block_(has_block),
      from_block_(std::string_view()),
      out_(session.worker().loop().pool()),
      pushes_(session.worker().loop().pool()) {
  session.reply_mode = Session::ReplyMode::kKept;
}

void ExecRun::keep(const ReplyView& reply) {
  if (has_block_ && !block_is_answered_) {
    reply.store_in(block_, out_.pool());
    block_is_answered_ = true;
  } else {
    reply.write_to(out_);
  }
  kept_ += reply.size();
  session_.keep(reply.size(), kept_);
}

bool ExecRun::enter_block() {
  from_block_ = ReplyCursor(block_.contiguous(out_.pool()));
  size_t at_shard = queued_.size() - here_.size();
  for (const QueuedHere& command : here_) at_shard += command.is_at_shard;
  const auto count = from_block_.enter_array();
  return count && *count >= 0 && static_cast<size_t>(*count) == at_shard;
}

void ExecRun::take_from_block() {
  const std::string_view reply = from_block_.element();
  block_.write_part(reply, out_);
}

void ExecRun::take_select(const QueuedHere& command) {
  const DatabaseNumber database = parse_database(parse(command, session_.worker())[1]);
  ReplyCursor reply = from_block_;
  take_from_block();
  const bool worked = reply.type() == '+';
  if (worked) session_.use_database(database.number);
  session_.worker().count(*queued_[command.index], !worked, 0);
}

Routed ExecRun::carry_out_here(const QueuedHere& command) {
  if (has_block_ && command.is_at_shard) {
    take_select(command);
    return Routed::kDone;
  }
  const wire::Args args = parse(command, session_.worker());
  const wire::Command& queued = *queued_[command.index];
  if (queued.spec->handling == wire::Handling::kBroadcast) {
    if (!session_.choose_lane(queued, command.request.size())) return Routed::kWait;
    return broadcast(session_, queued, args);
  }
  return run_local_command(session_, *queued_[command.index], args, command.request.size());
}

Routed ExecRun::go_on(const wire::Command& exec) {
  if (session_.pending() > 0) return Routed::kWait;
  if (!has_begun_) {
    has_begun_ = true;
    if (has_block_ && !enter_block()) {
      answer(ReplyView(block_.contiguous(out_.pool())));
      return Routed::kDone;
    }
    wire::ReplyWriter(out_).array(queued_.size());
  }
  for (; next_ < queued_.size(); ++next_) {
    // The answer of the one before is still to come.
    if (session_.pending() > 0) return Routed::kWait;
    if (next_here_ == here_.size() || here_[next_here_].index != next_) {
      take_from_block();
      continue;
    }
    const Routed routed = carry_out_here(here_[next_here_]);
    if (routed != Routed::kDone) return routed;
    ++next_here_;
  }
  if (session_.pending() > 0) return Routed::kWait;
  // Of a block the shard's answer was counted.
  if (!has_block_) session_.worker().count(exec, false, 0);
  answer(ReplyView(out_));
  return Routed::kDone;
}

void ExecRun::answer(const ReplyView& reply) {
  session_.reply_mode = mode_;
  session_.release(kept_);
  // Without a command: Redis's slow log has those behind MULTI, and no EXEC.
  session_.answer(session_.expect_reply(nullptr), reply);
  ReplyView(pushes_).write_to(session_.connection().out());
  session_.connection().flush_soon();
}

}  // namespace slotway::proxy
