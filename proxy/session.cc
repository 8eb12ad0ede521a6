#include "proxy/session.h"

#include <algorithm>

#include "proxy/fan_out.h"
#include "proxy/router.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

// Before the first reply has told better: 64 MiB of output are 256 requests ahead.
constexpr size_t kFirstExpectedReply = 256 * 1024;
constexpr size_t kSmallestExpectedReply = 64;
// A session that has more than this many times output_buffer unsent, because the replies were far
// larger than those before, is closed: the shards' replies to others are not kept waiting for it.
constexpr size_t kOutputLimitFactor = 4;
constexpr size_t kGuestOutput = 8 * 1024;  // unread reply bytes before authentication
constexpr uint64_t kSlowUploadPerMs = 16;  // bytes: a command that grows faster is no trickle

}  // namespace

Session::Session(Worker& worker, Pool& pool, uint64_t id)
    : worker_(worker),
      pool_(pool),
      id_(id),
      created_ms_(worker.loop().now_ms()),
      expected_reply_(kFirstExpectedReply),
      close_reason_(metrics::CloseReason::kError) {
  authenticated = pool.settings().auth.empty();
}

const wire::RequestLimits& Session::limits() const {
  return authenticated ? pool_.settings().request_limits : pool_.settings().guest_limits;
}

// ---- input

bool Session::has_room() const {
  const config::Limits& limits = pool_.settings().limits;
  const size_t bytes = connection_->out().size() + early_bytes_;
  if (queue_.empty()) return bytes < limits.output_buffer;
  return queue_.size() < limits.pending_requests &&
         bytes + queue_.size() * expected_reply_ < limits.output_buffer;
}

size_t Session::on_input(const wire::Input& input) {
  worker_.read_clock();
  worker_.metrics().clients.bytes_in.add(connection_->bytes_read() - counted_read_);
  counted_read_ = connection_->bytes_read();
  std::string_view rest = input.bytes;
  while (!rest.empty() && !finishing_) {
    if (!has_room()) {
      incomplete_since_ms_ = 0;  // whether it is complete will be seen when there is room
      connection_->pause_reading();
      break;
    }
    wire::Request& request = worker_.parsed();
    size_t taken = 0;
    const auto status = parser_.parse(rest, limits(), request, taken);
    if (status == wire::RequestParser::Status::kNeedMore) {
      if (incomplete_since_ms_ == 0) incomplete_since_ms_ = worker_.loop().now_ms();
      break;
    }
    if (status == wire::RequestParser::Status::kError) {
      protocol_error(parser_.error());
      break;
    }
    incomplete_since_ms_ = 0;
    if (status == wire::RequestParser::Status::kCommand) {
      if (route(*this, request, input.block) == Routed::kHold) {
        held_ = true;
        worker_.hold(*this);
        connection_->pause_reading();
        break;
      }
    }
    if (connection_->closing()) return input.bytes.size();
    rest.remove_prefix(taken);
  }
  if (finishing_) return input.bytes.size();
  return input.bytes.size() - rest.size();
}

void Session::resume() {
  held_ = false;
  connection_->resume_reading();
}

void Session::protocol_error(std::string_view what) {
  worker_.metrics().clients.protocol_errors.add();
  reply_error(nullptr, "ERR Protocol error: " + std::string(what));
  finish(metrics::CloseReason::kProtocolError);
}

// ---- replies

Request* Session::expect_reply(const wire::Command* command) {
  Request* request = worker_.requests().acquire(command, worker_.now_ns());
  request->session = this;
  if (reply_mode != ReplyMode::kOn) [[unlikely]] {
    request->silent = true;
    if (reply_mode == ReplyMode::kSkip) reply_mode = ReplyMode::kOn;
  }
  queue_.push(request);
  worker_.metrics().clients.in_flight.add();
  return request;
}

void Session::answer(Request* request, ReplyView reply) {
  if (request->command) {
    worker_.metrics().record(request->command->id, reply.is_error(),
                             worker_.now_ns() - request->started_ns);
  }
  note_reply_size(reply.size());
  if (request != queue_.front()) {
    if (!request->silent) {
      early_bytes_ += reply.size();
      reply.move_to(request->reply, worker_.loop().pool());
    }
    request->answered = true;
    close_over_limit();
    return;
  }
  if (!request->silent) reply.write_to(connection_->out());
  request->answered = true;
  flush_ready();
}

// Writes the answered prefix of the queue; the front's reply is written already.
void Session::flush_ready() {
  wire::OutputBuffer& out = connection_->out();
  do {
    Request* const done = queue_.pop();
    done->session = nullptr;
    worker_.requests().release_if_done(done);
    worker_.metrics().clients.in_flight.sub();
    if (queue_.empty() || !queue_.front()->answered) break;
    const StoredReply& reply = queue_.front()->reply;
    early_bytes_ -= reply.size();
    reply.write_to(out);
  } while (true);
  connection_->flush_soon();
  after_progress();
}

void Session::note_reply_size(size_t size) {
  if (size >= expected_reply_) {
    expected_reply_ = size;
  } else {
    expected_reply_ -= (expected_reply_ - std::max(size, kSmallestExpectedReply)) / 32;
  }
}

void Session::close_over_limit() {
  const config::Limits& limits = pool_.settings().limits;
  const size_t bytes = connection_->out().size() + early_bytes_;
  if (bytes > kOutputLimitFactor * limits.output_buffer &&
      bytes > limits.output_buffer + expected_reply_) {
    close(metrics::CloseReason::kOutputLimit);
  } else if (!authenticated && bytes > kGuestOutput) {
    close(metrics::CloseReason::kSecurity);
  }
}

void Session::after_progress() {
  close_over_limit();
  if (finishing_) {
    if (queue_.empty()) connection_->close_after_flush("finished");
    return;
  }
  if (connection_->paused() && !held_ && has_room()) connection_->resume_reading();
}

wire::OutputBuffer& Session::scratch() { return worker_.scratch(); }

void Session::answer_scratch(Request* request) {
  answer(request, ReplyView(worker_.scratch()));
  worker_.scratch().clear();
}

void Session::answered_here(const wire::Command* command, bool is_error) {
  if (command) {
    worker_.metrics().record(command->id, is_error, 0);
  }
  connection_->flush_soon();
  after_progress();
}

void Session::reply_error(const wire::Command* command, std::string_view line) {
  reply(command, [line](wire::ReplyWriter& writer) { writer.error(line); });
}

void Session::on_written() {
  worker_.metrics().clients.bytes_out.add(connection_->bytes_written() - counted_written_);
  counted_written_ = connection_->bytes_written();
  after_progress();
}

// ---- end

// A client may close its half when it has asked for all it wants; it still reads.
bool Session::on_end() {
  finish(metrics::CloseReason::kEof);
  return true;
}

void Session::finish(metrics::CloseReason reason) {
  if (finishing_) return;
  finishing_ = true;
  close_reason_ = reason;
  if (queue_.empty()) connection_->close_after_flush("finished");
}

void Session::close(metrics::CloseReason reason) {
  if (!connection_->closing()) close_reason_ = reason;
  connection_->close(metrics::name_of(reason));
}

bool Session::is_stuck() {
  if (connection_->out().empty()) return false;
  const uint64_t before = std::exchange(checked_taken_, connection_->taken_mark());
  return checked_taken_ == before;
}

void Session::check_timeouts(uint64_t now_ms) {
  const config::Timeouts& timeouts = pool_.settings().timeouts;
  const auto passed = [now_ms](uint64_t since, std::chrono::milliseconds limit) {
    return limit.count() > 0 && now_ms - since > static_cast<uint64_t>(limit.count());
  };
  if (incomplete_since_ms_ != 0 && passed(incomplete_since_ms_, timeouts.partial) &&
      connection_->unconsumed() < kSlowUploadPerMs * (now_ms - incomplete_since_ms_)) {
    return close(metrics::CloseReason::kPartial);
  }
  if (!is_stuck()) {
    blocked_since_ms_ = 0;
  } else if (blocked_since_ms_ == 0) {
    blocked_since_ms_ = now_ms;
  } else if (passed(blocked_since_ms_, timeouts.stalled)) {
    return close(metrics::CloseReason::kStalled);
  }
  const uint64_t last_active = std::max(connection_->last_read_ms(), connection_->last_write_ms());
  if (queue_.empty() && connection_->out().empty() && passed(last_active, timeouts.idle)) {
    close(metrics::CloseReason::kIdle);
  }
}

void Session::on_close(std::string_view) {
  worker_.metrics().clients.closed_by(close_reason_);
  while (!queue_.empty()) {
    Request* const request = queue_.pop();
    request->session = nullptr;
    worker_.metrics().clients.in_flight.sub();
    if (request->fan_out && !request->in_upstream) request->fan_out->detach();
    worker_.requests().release_if_done(request);
  }
  worker_.remove(*this);
}

}  // namespace slotway::proxy
