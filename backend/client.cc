#include "backend/client.h"

#include <algorithm>
#include <chrono>

#include "backend/commands/bindings.h"
#include "backend/sessions/blocked_clients.h"
#include "backend/sessions/watches.h"
#include "backend/store.h"
#include "metrics/log.h"
#include "wire/command_error.h"
#include "wire/text.h"

namespace slotway::backend {

namespace log = metrics::log;

namespace {

constexpr size_t kGuestOutput = 8 * 1024;  // unread reply bytes before authentication
// Input that is read while a client waits for a key, to notice when it goes.
constexpr size_t kMostWhileWaiting = 64 * 1024;
// How long the commands that one client has sent are carried out before others have their turn.
constexpr int64_t kShareOfATurnUs = 500;

}  // namespace

Client::Client(Store& store, uint64_t id)
    : authenticated(store.settings.password.empty()),
      store_(store),
      id_(id),
      created_ms_(store.loop.now_ms()),
      last_command_ms_(created_ms_) {}

Client::~Client() = default;

void Client::attach(wire::Connection& connection, bool is_local) {
  connection_ = &connection;
  is_local_ = is_local;
}

// ---- input

bool Client::needs_authentication() const {
  return !authenticated && !store_.settings.password.empty();
}

bool Client::has_room_for_more() {
  keep_output_limit(store_.loop.now_ms());
  return !connection_->closing() && connection_->out().size() < store_.settings.max_output;
}

size_t Client::memory() const {
  if (connection_->closing()) return 0;  // all goes with this turn of the loop
  size_t bytes =
      sizeof *this + sizeof *connection_ + connection_->out().size() + unread() + registered_bytes;
  if (transaction) bytes += transaction->memory;
  if (wait) bytes += wait->command.memory();
  return bytes;
}

void Client::count(size_t memory) {
  store_.memory.count_client(counted_memory_, memory);
  counted_memory_ = memory;
}

void Client::count_before_write() {
  const size_t out = connection_->out().size();
  count(memory() - (out < kMuch && !connection_->closing() ? out : 0));
}

void Client::count_bytes() {
  store_.statistics.bytes_in += connection_->bytes_read() - counted_in_;
  counted_in_ = connection_->bytes_read();
  store_.statistics.bytes_out += connection_->bytes_written() - counted_out_;
  counted_out_ = connection_->bytes_written();
}

size_t Client::on_input(const wire::Input& input) {
  input_size_ = input.bytes.size();
  if (input_size_ >= kMuch) [[unlikely]] {
    count_memory();
    store_.memory.keep_client_limit();
  }
  const size_t taken = connection_->closing() ? input_size_ : take(input);
  input_size_ -= taken;
  count_before_write();
  input_size_ = kNoInput;
  return taken;
}

size_t Client::take(const wire::Input& input) {
  using Status = wire::RequestParser::Status;
  if (finishing_) return input.bytes.size();
  if (wait) {
    if (input.bytes.size() > kMostWhileWaiting) connection_->pause_reading();
    return 0;
  }
  count_bytes();
  store_.engine.read_clock();
  const int64_t end_us = store_.engine.clock().steady_us() + kShareOfATurnUs;
  limits_.bulk_size = static_cast<int64_t>(store_.settings.max_bulk_size);
  limits_.request_size = store_.settings.max_query_size;
  Batch& batch = store_.batch;
  size_t done = 0;
  Status status = Status::kCommand;
  while (status == Status::kCommand && done < input.bytes.size()) {
    limits_.authenticated = !needs_authentication();
    // One by one before authentication: AUTH changes what the next command may be.
    status = batch.parse(input.bytes.substr(done), parser_, limits_,
                         limits_.authenticated ? Batch::kMost : 1);
    batch.prefetch(store_.engine.database(database));
    store_.watch.begin();
    const size_t ran = run(batch);
    if (finishing_ || connection_->closing()) return input.bytes.size();
    if (ran < batch.size() || wait) {
      if (!wait) connection_->pause_reading();
      // The parser may be inside of a command that will not be at the front next time.
      parser_ = {};
      connection_->flush_soon();
      if (ran > 0) done += batch[ran - 1].end;
      watch_.saw_input(*connection_, done, false, store_.loop.now_ms());
      return done;
    }
    done += batch.consumed();
    batch.trim();
    if (status == Status::kCommand && done < input.bytes.size() &&
        store_.engine.clock().steady_us() >= end_us) [[unlikely]] {
      connection_->continue_later();
      break;
    }
  }
  if (status == Status::kError) {
    protocol_error();
    return input.bytes.size();
  }
  const bool incomplete = status == Status::kNeedMore && done < input.bytes.size();
  watch_.saw_input(*connection_, done, incomplete, store_.loop.now_ms());
  if (!connection_->out().empty()) connection_->flush_soon();
  has_room();
  return done;
}

void Client::protocol_error() {
  ++store_.statistics.protocol_errors;
  wire::ReplyWriter reply(connection_->out(), protocol);
  reply.error("ERR Protocol error: " + parser_.error());
  note_error(nullptr, reply.error_code());
  finish("protocol error");
}

// ---- commands

size_t Client::run(Batch& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!has_room()) return i;
    execute(batch[i]);
    if (held_) return i;
    if (store_.attention & Store::kReadyKeys) [[unlikely]] {
      store_.blocked.serve();
      store_.watch.begin();
    }
    if (wait || finishing_ || connection_->closing()) return i + 1;
  }
  return batch.size();
}

void Client::execute(Batch::Pending& pending) {
  ++commands_;
  ++store_.statistics.commands;
  last_command_ms_ = store_.loop.now_ms();
  store_.running = this;
  reply_begin_ = connection_->out().size();
  if (reply_mode == ReplyMode::kOn) [[likely]] {
    wire::ReplyWriter reply(connection_->out(), protocol);
    answer(pending, reply);
    if (reply.wrote_error())
      note_error(pending.ran ? pending.command : nullptr, reply.error_code());
  } else {
    execute_silently(pending);
  }
  store_.running = nullptr;
  if (held_) [[unlikely]] {
    // As if it had not come yet.
    --commands_;
    --store_.statistics.commands;
    return;
  }
  if (store_.attention & Store::kDeferredPushes) [[unlikely]] {
    send_deferred_pushes();
  }
  if (modes_ & kTracking) [[unlikely]] {
    forget_caching(pending.command);
  }
  if (reply_mode == ReplyMode::kSkipNext) reply_mode = ReplyMode::kSkip;
  if (needs_authentication() && connection_->out().size() > kGuestOutput) {
    ++store_.statistics.closed_security;
    close("too much output before authentication");
  }
}

void Client::execute_silently(Batch::Pending& pending) {
  const ReplyMode before = reply_mode;
  wire::OutputBuffer& unseen = store_.discarded;
  wire::ReplyWriter reply(unseen, protocol);
  answer(pending, reply);
  if (reply.wrote_error()) note_error(pending.ran ? pending.command : nullptr, reply.error_code());
  if (reply_mode == ReplyMode::kOn) {
    // CLIENT REPLY ON and RESET are answered.
    for (const wire::BlockRange& range : unseen.ranges()) connection_->out().append(range.view());
  } else if (!held_ && before == ReplyMode::kSkip && reply_mode == ReplyMode::kSkip) {
    reply_mode = ReplyMode::kOn;
  }
  unseen.clear();
}

void Client::note_error(const wire::Command* command, std::string_view code) {
  Statistics& statistics = store_.statistics;
  ++statistics.errors;
  const auto found = statistics.errors_by_code.find(code);
  if (found == statistics.errors_by_code.end()) {
    statistics.errors_by_code.emplace(code, 1);
  } else {
    ++found->second;
  }
  if (command) ++statistics.per_command[command->id].failed;
}

// A browser that a web page has sent here, or somebody looking for open proxies.
void Client::close_http() {
  static log::RateLimited limited(1, std::chrono::minutes(1));
  limited.write(log::Level::kWarn, "a client speaks HTTP: closed (client {})", id_);
  ++store_.statistics.closed_security;
  close("speaks HTTP");
}

void Client::refuse(const Batch::Pending& pending, wire::ReplyWriter& reply) {
  const wire::Args args = pending.request.args;
  const wire::Command* const command = pending.command;
  const wire::Command* const whole = command && command->container ? command->container : command;
  if (transaction) transaction->failed = true;
  last_command_ = nullptr;
  if (!whole || !is_supported(*whole)) {
    if (wire::equal_ignoring_case(args[0], "post") || wire::equal_ignoring_case(args[0], "host:")) {
      return close_http();
    }
    return reply.error(wire::unknown_command_error(args));
  }
  if (command->has_subcommands && args.size() > 1) {
    return reply.error(wire::unknown_subcommand_error(*command, args));
  }
  if (!handler_of(command->id) && command->container) {
    return reply.error(wire::unknown_subcommand_error(*command->container, args));
  }
  last_command_ = command;
  reject(*command, wire::arity_error(*command), reply);
}

void Client::answer(Batch::Pending& pending, wire::ReplyWriter& reply) {
  const wire::Command* const command = pending.command;
  const wire::Args args = pending.request.args;
  if (!command || !handler_of(command->id) || !wire::arity_accepts(*command->spec, args.size()) ||
      (command->has_subcommands && args.size() > 1)) [[unlikely]] {
    return refuse(pending, reply);
  }
  last_command_ = command;
  if (needs_authentication() && !(command->spec->flags & wire::kNoAuth)) [[unlikely]] {
    return reject(*command, kNoAuth, reply);
  }
  if (modes_ & kInTransaction && command->spec->flags & wire::kNoMulti) [[unlikely]] {
    return reject(*command, "ERR Command not allowed inside a transaction", reply);
  }
  if (store_.settings.max_memory != 0 && !has_memory_for(*command)) [[unlikely]] {
    return reject(*command, kOutOfMemory, reply);
  }
  if (modes_ != 0 && !passes_modes(*command, reply)) return;
  if (store_.clients.is_paused() && is_paused_for(*command)) [[unlikely]] {
    held_ = true;
    return;
  }
  if (modes_ & kInTransaction && !runs_in_transaction(*command))
    return queue(*command, args, reply);
  pending.ran = true;
  run_handler(*command, args, reply, pending.key);
}

void Client::run_handler(const wire::Command& command, wire::Args args, wire::ReplyWriter& reply,
                         const Key* first_key) {
  Call call{store_, *this, command, args, reply, first_key};
  handler_of(command.id)(call);
  store_.watch.finish(*this, command, args);
  if (modes_ & kTracking && command.spec->flags & wire::kReadonly) [[unlikely]] {
    store_.tracking.remember(*this, command, args);
  }
  if (store_.attention & Store::kMonitors) [[unlikely]] {
    store_.monitors.show(*this, command, args);
  }
}

// ---- output

void Client::on_written() {
  count_bytes();
  if (counted_memory_ >= kMuch) count_memory();
  if (connection_->paused() && !held_ && !wait &&
      connection_->out().size() < store_.settings.max_output / 2) {
    connection_->resume_reading();
  }
}

void Client::resume() {
  if (!held_) return;
  held_ = false;
  connection_->resume_reading();
}

// ---- end

void Client::finish(std::string_view reason) {
  if (finishing_) return;
  finishing_ = true;
  leave_all();
  connection_->close_after_flush(reason);
}

void Client::close(std::string_view reason) {
  finishing_ = true;
  leave_all();
  connection_->close(reason);
  count_memory();
}

bool Client::on_end() {
  if (connection_->out().empty()) return false;
  finish("closed by the peer");
  return true;
}

void Client::check_timeouts(uint64_t now_ms) {
  using Verdict = wire::ClientWatch::Verdict;
  const Settings& settings = store_.settings;
  const wire::ClientWatch::Limits limits{settings.partial_seconds * 1000,
                                         settings.stalled_seconds * 1000,
                                         settings.idle_seconds * 1000};
  keep_output_limit(now_ms);
  if (connection_->closing()) return;
  const bool is_patient = held_ || wait || is_subscribed() || is_monitor;
  switch (watch_.check(*connection_, is_patient, limits, now_ms)) {
    case Verdict::kFine:
      return;
    case Verdict::kPartial:
      ++store_.statistics.closed_partial;
      return close("an incomplete command for too long");
    case Verdict::kStalled:
      ++store_.statistics.closed_stalled;
      return close("does not read its replies");
    case Verdict::kIdle:
      ++store_.statistics.closed_idle;
      return close("idle");
  }
}

void Client::on_close(std::string_view reason) {
  count_bytes();
  count_memory();
  leave_all();
  log::debug("client {}: {}", id_, reason);
  store_.clients.remove(*this);
}

}  // namespace slotway::backend
