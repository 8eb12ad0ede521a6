#include "backend/client.h"

#include <algorithm>
#include <chrono>

#include "backend/commands/bindings.h"
#include "backend/store.h"
#include "metrics/log.h"
#include "wire/command_error.h"
#include "wire/text.h"

namespace slotway::backend {

namespace log = metrics::log;

namespace {

constexpr size_t kGuestOutput = 8 * 1024;  // unread reply bytes before authentication

}  // namespace

Client::Client(Store& store, uint64_t id)
    : authenticated(store.settings.password.empty()),
      store_(store),
      id_(id),
      created_ms_(store.loop.now_ms()),
      last_command_ms_(created_ms_) {}

void Client::attach(wire::Connection& connection, bool is_local) {
  connection_ = &connection;
  is_local_ = is_local;
}

// ---- input

bool Client::needs_authentication() const {
  return !authenticated && !store_.settings.password.empty();
}

bool Client::has_room() const { return connection_->out().size() < store_.settings.max_output; }

size_t Client::memory() const {
  return sizeof *this + sizeof *connection_ + connection_->out().size() + connection_->unconsumed();
}

void Client::count_bytes() {
  store_.statistics.bytes_in += connection_->bytes_read() - counted_in_;
  counted_in_ = connection_->bytes_read();
  store_.statistics.bytes_out += connection_->bytes_written() - counted_out_;
  counted_out_ = connection_->bytes_written();
}

size_t Client::on_input(const wire::Input& input) {
  using Status = wire::RequestParser::Status;
  if (finishing_) return input.bytes.size();
  count_bytes();
  store_.engine.read_clock();
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
    if (ran < batch.size()) {
      connection_->pause_reading();
      // The parser may be inside of a command that will not be at the front next time.
      parser_ = {};
      connection_->flush_soon();
      if (ran > 0) done += batch[ran - 1].end;
      watch_.saw_input(*connection_, done, false, store_.loop.now_ms());
      return done;
    }
    done += batch.consumed();
    batch.trim();
  }
  if (status == Status::kError) {
    protocol_error();
    return input.bytes.size();
  }
  watch_.saw_input(*connection_, done, done < input.bytes.size(), store_.loop.now_ms());
  if (!connection_->out().empty()) connection_->flush_soon();
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
    const bool waits = store_.clients.is_paused_for(batch[i].command);
    if (waits || !has_room()) {
      held_ = waits;
      return i;
    }
    execute(batch[i]);
    if (finishing_ || connection_->closing()) return i + 1;
  }
  return batch.size();
}

void Client::execute(Batch::Pending& pending) {
  ++commands_;
  ++store_.statistics.commands;
  last_command_ms_ = store_.loop.now_ms();
  if (reply_mode == ReplyMode::kOn) [[likely]] {
    wire::ReplyWriter reply(connection_->out(), protocol);
    answer(pending, reply);
    if (reply.wrote_error()) note_error(&pending, reply.error_code());
  } else {
    execute_silently(pending);
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
  if (reply.wrote_error()) note_error(&pending, reply.error_code());
  if (reply_mode == ReplyMode::kOn) {
    // CLIENT REPLY ON and RESET are answered.
    for (const wire::BlockRange& range : unseen.ranges()) connection_->out().append(range.view());
  } else if (before == ReplyMode::kSkip && reply_mode == ReplyMode::kSkip) {
    reply_mode = ReplyMode::kOn;
  }
  unseen.clear();
}

// `pending` is null for what was no command.
void Client::note_error(const Batch::Pending* pending, std::string_view code) {
  Statistics& statistics = store_.statistics;
  ++statistics.errors;
  const auto found = statistics.errors_by_code.find(code);
  if (found == statistics.errors_by_code.end()) {
    statistics.errors_by_code.emplace(code, 1);
  } else {
    ++found->second;
  }
  if (pending && pending->ran) ++statistics.per_command[pending->command->id].failed;
}

// A browser that a web page has sent here, or somebody looking for open proxies.
void Client::close_http() {
  static log::RateLimited limited(1, std::chrono::minutes(1));
  limited.write(log::Level::kWarn, "a client speaks HTTP: closed (client {})", id_);
  ++store_.statistics.closed_security;
  close("speaks HTTP");
}

// For a command that does not exist here or is called wrongly.
void Client::refuse(const Batch::Pending& pending, wire::ReplyWriter& reply) {
  const wire::Args args = pending.request.args;
  const wire::Command* const command = pending.command;
  const wire::Command* const whole = command && command->container ? command->container : command;
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
  ++store_.statistics.per_command[command->id].rejected;
  reply.error(wire::arity_error(*command));
}

void Client::answer(Batch::Pending& pending, wire::ReplyWriter& reply) {
  const wire::Command* const command = pending.command;
  const wire::Args args = pending.request.args;
  const Handler handler = command ? handler_of(command->id) : nullptr;
  if (!handler || !wire::arity_accepts(*command->spec, args.size()) ||
      (command->has_subcommands && args.size() > 1)) [[unlikely]] {
    return refuse(pending, reply);
  }
  if (needs_authentication() && !(command->spec->flags & wire::kNoAuth)) [[unlikely]] {
    ++store_.statistics.per_command[command->id].rejected;
    return reply.error(kNoAuth);
  }
  if (store_.settings.max_memory != 0 && !store_.memory.make_room() &&
      (command->spec->flags & wire::kDenyOom)) [[unlikely]] {
    ++store_.statistics.per_command[command->id].rejected;
    return reply.error(kOutOfMemory);
  }
  last_command_ = command;
  pending.ran = true;
  Call call{store_, *this, *command, args, reply, pending.has_key ? &pending.key : nullptr};
  handler(call);
  store_.watch.finish(*this, *command, args);
}

// ---- output

void Client::on_written() {
  count_bytes();
  if (connection_->paused() && !held_ &&
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
  connection_->close_after_flush(reason);
}

void Client::close(std::string_view reason) {
  finishing_ = true;
  connection_->close(reason);
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
  switch (watch_.check(*connection_, held_, limits, now_ms)) {
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
  log::debug("client {}: {}", id_, reason);
  store_.clients.remove(*this);
}

}  // namespace slotway::backend
