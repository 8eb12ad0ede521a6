// Client, as far as commands do not simply run and replies are not all that is sent: transactions,
// waiting for keys, messages.
#include <algorithm>
#include <utility>

#include "backend/client.h"
#include "backend/commands/bindings.h"
#include "backend/sessions/blocked_clients.h"
#include "backend/sessions/watches.h"
#include "backend/store.h"
#include "metrics/log.h"
#include "wire/key_extraction.h"

namespace slotway::backend {

namespace log = metrics::log;

namespace {

bool is_exec(const wire::Command& command) { return command.full_name == "exec"; }

// What a transaction has no use for, but it is not queued either.
bool begins_transaction(const wire::Command& command) {
  return command.full_name == "multi" || command.full_name == "watch";
}

// The arguments of a command that waits, which are for one key alone if it waits for many.
std::vector<std::string_view> args_for_key(const Wait& wait, std::string_view key) {
  const wire::Args args = wait.command.args();
  std::vector<std::string_view> result(args.begin(), args.end());
  if (wait.keys.size() == 1) return result;
  const wire::CommandSpec& spec = *wait.command.command().spec;
  std::vector<wire::KeyPosition> keys;
  // Streams have an id for each key, which the client is to be served from all the same; BLMOVE has
  // keys of two kinds, and waits for the one of the first.
  if (spec.group == wire::Group::kStream || spec.keys.size() != 1 ||
      wire::extract_keys(spec, args, keys) != wire::KeyExtraction::kOk) {
    return result;
  }
  result[keys.front().index] = key;
  result.erase(result.begin() + keys.front().index + 1, result.begin() + keys.back().index + 1);
  const wire::KeySpec& where = spec.keys.front();
  if (where.find == wire::KeySpec::Find::kKeyNum) {
    result[static_cast<size_t>(where.index + where.keynum_index)] = "1";
  }
  return result;
}

}  // namespace

// ---- modes

void Client::update_modes() {
  modes_ = static_cast<uint8_t>((transaction ? kInTransaction : 0) |
                                (protocol == 2 && is_subscribed() ? kSubscriber : 0) |
                                (is_monitor ? kMonitor : 0) | (tracking ? kTracking : 0));
}

bool Client::runs_in_transaction(const wire::Command& command) {
  return command.spec->in_multi == wire::InMulti::kAtOnce && !(command.spec->flags & wire::kAdmin);
}

bool Client::has_memory_for(const wire::Command& command) {
  const bool has_room = store_.memory.make_room();
  // What was evicted is of the time before this command: its clients learn it before the reply.
  if (store_.attention & Store::kDeferredPushes) {
    send_deferred_pushes();
    reply_begin_ = connection_->out().size();
  }
  if (has_room) return true;
  uint32_t flags = command.spec->flags;
  if (transaction && is_exec(command)) flags |= transaction->flags;
  // Queued commands take memory as well: a transaction can only be ended.
  const bool ends = runs_in_transaction(command) && !begins_transaction(command);
  return (!transaction || ends) && !(flags & wire::kDenyOom);
}

bool Client::passes_modes(const wire::Command& command, wire::ReplyWriter& reply) {
  if (modes_ & kSubscriber && !command.spec->while_subscribed) {
    reject(command,
           "ERR Can't execute '" + command.full_name +
               "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
               "this context",
           reply);
    return false;
  }
  uint32_t flags = command.spec->flags;
  if (transaction && is_exec(command)) flags |= transaction->flags;
  if (modes_ & kMonitor && flags & (wire::kWrite | wire::kReadonly | wire::kMayReplicate)) {
    reject(command, "ERR Replica can't interact with the keyspace", reply);
    return false;
  }
  return true;
}

void Client::reject(const wire::Command& command, std::string_view error,
                    wire::ReplyWriter& reply) {
  ++store_.statistics.per_command[command.id].rejected;
  if (transaction) transaction->failed = true;
  if (!is_exec(command)) return reply.error(error);
  discard_transaction();
  if (error.starts_with("ERR ")) error.remove_prefix(4);
  reply.error("EXECABORT Transaction discarded because of: " + std::string(error));
}

bool Client::is_paused_for(const wire::Command& command) const {
  const bool runs_others = transaction && is_exec(command);
  return !is_monitor &&
         store_.clients.is_paused_for(command.spec->flags | (runs_others ? transaction->flags : 0));
}

void Client::forget_caching(const wire::Command* command) {
  if (!tracking || transaction) return;
  const wire::Command* const whole = command && command->container ? command->container : command;
  if (!whole || whole->full_name != "client") tracking->caching = false;
}

// ---- transactions

void Client::queue(const wire::Command& command, wire::Args args, wire::ReplyWriter& reply) {
  // What will not be run need not be kept.
  if (!transaction->failed && !watch_broken) {
    transaction->commands.emplace_back(command, args);
    transaction->flags |= command.spec->flags;
    transaction->memory += transaction->commands.back().memory();
  }
  reply.simple("QUEUED");
}

void Client::run_queued(wire::OutputBuffer& out) {
  in_exec_ = true;
  for (const StoredCommand& queued : transaction->commands) {
    ++store_.statistics.commands;
    wire::ReplyWriter reply(out, protocol);
    run_handler(queued.command(), queued.args(), reply, nullptr);
    if (reply.wrote_error()) note_error(&queued.command(), reply.error_code());
  }
  in_exec_ = false;
}

void Client::discard_transaction() {
  transaction.reset();
  store_.watches.remove_all(*this);
  watch_broken = false;
  update_modes();
}

// ---- waiting for keys

void Client::begin_wait(const wire::Command& command, wire::Args args,
                        std::span<const std::string_view> keys, int64_t deadline_ms) {
  if (wait) {
    wait->goes_on = true;
    return;
  }
  auto fresh = std::make_unique<Wait>(Wait{StoredCommand(command, args),
                                           database,
                                           {},
                                           deadline_ms,
                                           store_.blocked.next_turn(),
                                           reply_mode != ReplyMode::kOn});
  for (const std::string_view key : keys) {
    if (std::ranges::find(fresh->keys, key) == fresh->keys.end()) fresh->keys.emplace_back(key);
  }
  store_.blocked.add(*this, std::move(fresh));
}

void Client::try_again(std::string_view key) {
  const wire::Command& command = wait->command.command();
  const std::vector<std::string_view> args = args_for_key(*wait, key);
  wait->goes_on = false;
  store_.running = this;
  reply_begin_ = connection_->out().size();
  wire::ReplyWriter reply(wait->is_silent ? store_.discarded : connection_->out(), protocol);
  Call call{store_, *this, command, args, reply, nullptr};
  store_.watch.begin();
  handler_of(command.id)(call);
  store_.running = nullptr;
  send_deferred_pushes();
  if (wait->goes_on) return;
  store_.watch.finish_wait(*this, command, wait->command.args());
  if (reply.wrote_error()) note_error(&command, reply.error_code());
  const std::unique_ptr<Wait> ended = store_.blocked.remove(*this);
  go_on();
}

void Client::end_wait(WaitEnd end) {
  const std::unique_ptr<Wait> ended = store_.blocked.remove(*this);
  wire::ReplyWriter reply(ended->is_silent ? store_.discarded : connection_->out(), protocol);
  if (end == WaitEnd::kTimeout) {
    reply.null_array();
  } else {
    reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    note_error(&ended->command.command(), reply.error_code());
  }
  go_on();
}

void Client::go_on() {
  store_.discarded.clear();
  connection_->flush_soon();
  has_room();  // for the sake of the limit
  // What was read meanwhile comes first.
  connection_->pause_reading();
  connection_->resume_reading();
}

// ---- messages

bool Client::is_running() const { return store_.running == this; }

wire::OutputBuffer& Client::deferred_pushes() {
  store_.set_attention(Store::kDeferredPushes, true);
  return store_.deferred_pushes;
}

void Client::send_deferred_pushes() {
  wire::OutputBuffer& deferred = store_.deferred_pushes;
  for (const wire::BlockRange& range : deferred.ranges()) connection_->out().append(range.view());
  deferred.clear();
  store_.set_attention(Store::kDeferredPushes, false);
  connection_->flush_soon();
}

void Client::pushed() {
  connection_->flush_soon();
  keep_output_limit(store_.loop.now_ms());
  count_before_write();
}

const OutputLimit& Client::output_limit() const {
  return is_subscribed() ? store_.settings.pubsub_output : store_.settings.normal_output;
}

void Client::keep_output_limit(uint64_t now_ms) {
  if (connection_->closing()) return;
  const OutputLimit& limit = output_limit();
  const size_t size = connection_->out().size();
  const bool over_soft = limit.soft != 0 && size >= limit.soft;
  if (!over_soft) {
    over_soft_limit_ms_ = 0;
  } else if (over_soft_limit_ms_ == 0) {
    over_soft_limit_ms_ = now_ms;
  }
  const bool too_long =
      over_soft && now_ms - over_soft_limit_ms_ > limit.soft_seconds * uint64_t{1000};
  if (!too_long && (limit.hard == 0 || size < limit.hard)) return;
  log::warn("client {}: closed, {} bytes of output wait for it", id_, size);
  ++store_.statistics.closed_output;
  // Not close(): somebody may be going through those who are sent this. on_close() does the rest.
  connection_->close("client-output-buffer-limit");
  count_memory();
}

// ---- subscriptions, the end

wire::Subscriptions& Client::edit_subscriptions() {
  if (!subscriptions_) subscriptions_ = std::make_unique<wire::Subscriptions>();
  return *subscriptions_;
}

void Client::leave_all() {
  store_.watches.remove_all(*this);
  if (wait) store_.blocked.remove(*this);
  store_.pub_sub.leave_all(*this);
  store_.tracking.disable(*this);
  store_.monitors.remove(*this);
  update_modes();
}

}  // namespace slotway::backend
