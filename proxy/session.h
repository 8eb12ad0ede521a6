// Session: one client connection. Finds commands in its input, hands them to the router, and writes
// the replies in the order of the commands.
//
// Backpressure: a session is not read any further while too many requests or reply bytes of it are
// pending, and while the router holds its next command (a slot that moves, a congested shard); what
// it had sent stays in the connection's buffer. Owned by its worker; destroyed after on_close().
// One worker thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/worker_metrics.h"
#include "proxy/pool.h"
#include "proxy/reply_view.h"
#include "proxy/request.h"
#include "wire/client_watch.h"
#include "wire/connection.h"
#include "wire/reply_writer.h"
#include "wire/request_parser.h"
#include "wire/subscriptions.h"

namespace slotway::proxy {

class Tracking;
class Transaction;
class Worker;
enum class Routed : uint8_t;

// What a client calls itself.
struct ClientNames {
  std::string name;
  std::string library_name;
  std::string library_version;
};

class Session final : public wire::ConnectionHandler {
 public:
  // CLIENT REPLY; kSkip is for one command. kKept: an EXEC keeps the replies (exec_run.h).
  enum class ReplyMode : uint8_t { kOn, kOff, kSkip, kKept };
  // Bytes of a request or reply from which on it is large.
  static constexpr size_t kLarge = 64 * 1024;

  Session(Worker& worker, Pool& pool, uint64_t id);
  ~Session();

  void start(wire::Connection& connection) {
    connection_ = &connection;
    audit("has connected");
  }

  Worker& worker() { return worker_; }
  Pool& pool() { return pool_; }
  const Pool& pool() const { return pool_; }
  wire::Connection& connection() { return *connection_; }
  const wire::Connection& connection() const { return *connection_; }
  uint64_t id() const { return id_; }
  // What it may ask for: everything, what changes nothing, or to be let in.
  enum class Access : uint8_t { kAll, kReadonly, kNone };
  Access access() const { return access_; }
  bool may_ask() const { return access_ != Access::kNone; }
  // Whether its commands are looked at more closely: by what it may ask for, while it subscribes to
  // channels, and while the pool has a pause or a monitor. One test for all of it.
  bool is_guarded() const { return guarded_; }
  void update_guard() {
    guarded_ = access_ != Access::kAll || subscriber_ || tracking_ || pool_.inspects_commands();
  }
  // CLIENT PAUSE holds its next command.
  bool is_paused() const { return guarded_ && pool_.pause().holds(id_); }
  // AUTH; false if it is refused, and the session stays who it is.
  bool log_in(std::string_view user, std::string_view password);
  // Back to what a new connection is.
  void log_out();
  // Before the pool's settings change: who it is among other users, and nothing that it knew of
  // where reads go.
  void change_settings(const Users& next);
  // The name of its user.
  std::string_view user() const { return pool_.settings().users.name_of(login_); }

  // Large traffic, databases and RESP3 have connections of their own (lanes.h), and some reads go
  // to replicas. Decides by the next command, by its size in bytes, and by what went before. The
  // commands of the session to one shard keep their order:
  //  1. it changes the lane only while nothing of it is unanswered; for the size of its traffic
  //     only while nothing that timed out may still be executed;
  //  2. nothing is read from a replica while a write is unanswered;
  //  3. what is not only a read waits until replicas owe it no answer.
  // False: not before nothing of the session is unanswered.
  bool choose_lane(const wire::Command& command, size_t request_size) {
    if (request_size <= kLarge && ordinary_) [[likely]]
      return true;
    return change_lane(command, request_size);
  }
  // Where the command goes that choose_lane() was last asked about, for a key of that shard.
  Upstream& upstream_of(ShardConnections& shard) {
    if (ordinary_) [[likely]]
      return shard.primary().main();
    return at_replica_ ? reader_of(shard) : primary_of(shard);
  }
  // It reads a hot key that is not cached: a replica may answer it, too (`spread`), if that has all
  // that the session has written.
  void spread_read() { at_replica_ = may_spread_; }
  // The same for what concerns the shard as a whole: never to a replica.
  Upstream& primary_of(ShardConnections& shard);

  // Null outside of one.
  Transaction* transaction() const { return transaction_.get(); }
  Transaction& begin_transaction();
  // To be called behind each command of it: whether it has come to its end and is gone, or must be
  // waited for: by no other connection may anything overtake what is unanswered or timed out on
  // its own.
  bool end_transaction();
  // Whatever state it is in.
  void drop_transaction();

  // A command of this session blocks on the pin, which is given back when it is answered: until
  // then the session looks at no other command. It may block on pins to several shards.
  void block_on(PinLease pin);
  bool is_blocked() const { return blocked_ && blocked_->waits; }
  std::span<const PinLease> waits() const {
    return is_blocked() ? std::span<const PinLease>(blocked_->pins) : std::span<const PinLease>();
  }
  // Requires is_blocked(): has the server give the wait up, and closes. What was on its way to the
  // client still reaches it.
  void end_wait(metrics::CloseReason reason);
  // Of a command that will block but is held: the pin for its next try.
  void keep_pin(PinLease pin);
  PinLease take_kept_pin();
  // It will not block now after all.
  void give_back_kept_pin();

  // Null if it has subscribed to nothing.
  wire::Subscriptions* subscriber() const { return subscriber_.get(); }
  wire::Subscriptions& edit_subscriber();
  void drop_empty_subscriber();
  // Ends all its subscriptions.
  void unsubscribe();
  // Null unless CLIENT TRACKING is on, or about to be.
  Tracking* tracking() const { return tracking_.get(); }
  Tracking& edit_tracking();
  void stop_tracking();
  // A message of tracking to this session, which may be another's: `keys` in RESP3.
  void push_invalidation(std::string_view keys);
  // What its own connections kept for it is gone, and nobody could tell it what that means.
  void close_as_restarted();

  // What the client did not ask for: a message, as RESP3 has it. A client that takes too little of
  // them is closed.
  void push(ReplyView push);

  // For a request of this session that has timed out and may still be executed: while somebody
  // holds this, the session stays on its lane, so that nothing overtakes that request.
  std::shared_ptr<const void> debt() {
    if (!debt_) debt_ = std::make_shared<char>();
    return debt_;
  }
  bool is_owed() const { return debt_.use_count() > 1; }

  // The commands that may name the key and are unanswered (hotkeys/, rule R0), all of them or those
  // before one.
  Unanswered unanswered(uint64_t key_hash, const Request* before = nullptr) const {
    return queue_.empty() ? Unanswered{} : find_unanswered(key_hash, before);
  }
  // Requests that wait for a fetch.
  size_t fetch_waits() const { return fetch_waits_; }
  Request* expect_fetched(const wire::Command* command, uint64_t key_hash);
  void end_fetch_wait() { --fetch_waits_; }

  // A request of this session, in its queue, whose reply is still to come.
  Request* expect_reply(const wire::Command* command);
  // Answers a request of this session's queue; it may be freed by that.
  void answer(Request* request, const ReplyView& reply);
  // The same with what the worker's scratch buffer holds, which is empty afterwards.
  void answer_scratch(Request* request);

  // Bytes that a fan-out of this session keeps for a reply that is not complete, `of_reply` so far,
  // until it releases them: they count among the unsent output.
  void keep(size_t bytes, size_t of_reply) {
    early_bytes_ += bytes;
    expected_reply_ = std::max(expected_reply_, of_reply);  // one reply may have any size
    close_over_limit();
  }
  void release(size_t bytes) { early_bytes_ -= bytes; }

  // Answers `command` from here: `write(ReplyWriter&)` produces the reply.
  template <typename Write>
  void reply(const wire::Command* command, Write write);
  // The same with a whole reply.
  void reply_whole(const wire::Command* command, const ReplyView& reply);
  void reply_error(const wire::Command* command, std::string_view line);  // "CODE text"

  // Closes when all that is pending has been answered and written; input is dropped from now on.
  void finish(metrics::CloseReason reason);
  void close(metrics::CloseReason reason);
  // Tries again a command that was held.
  void resume();
  // Called every half second: closes what is idle, incomplete or stalled for too long.
  void check_timeouts(uint64_t now_ms);

  // What CLIENT shows and changes.
  const ClientNames& names() const {
    static const ClientNames kNone;
    return seldom_ ? seldom_->names : kNone;
  }
  ClientNames& edit_names() { return seldom().names; }
  // RESP version of the replies, 2 or 3, and the database, from the next command on.
  int protocol() const { return protocol_; }
  uint8_t database() const { return database_; }
  void speak(int protocol);
  void use_database(uint8_t database);

  // No further command is looked at until nothing of the session is unanswered: the outcome of the
  // one just asked for decides what they mean.
  void settle_first() { unsettled_ = true; }
  bool is_settled() {
    if (unsettled_ && queue_.empty()) [[unlikely]]
      unsettled_ = false;
    return !unsettled_;
  }

  bool no_evict = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  const wire::Command* last_command = nullptr;
  uint64_t created_ms() const { return created_ms_; }
  size_t pending() const { return queue_.size(); }
  // Requests so far that had to wait for a reply, and those of them that have left the queue.
  uint64_t asked() const { return queue_.pushed(); }
  uint64_t answered() const { return queue_.popped(); }
  bool is_last(const Request& request) const { return queue_.back() == &request; }
  size_t early_bytes() const { return early_bytes_; }

 private:
  enum class Held : uint8_t { kNo, kByRouter, kUntilAnswered };

  size_t on_input(const wire::Input& input) override;
  size_t missing() const override { return parser_.missing(); }
  // The rest of a pipeline's replies, which come from other shards.
  bool expects_output() const override { return !queue_.empty(); }
  void on_written() override;
  bool on_end() override;
  void on_close(std::string_view reason) override;

  // Whether so much that waits is more than it may read ahead.
  bool has_read_ahead(size_t bytes) const;
  // The command at the front of the input, of which `unread` bytes are left, has to wait.
  void hold_next(Routed routed, size_t unread);
  wire::OutputBuffer& scratch();
  // How a command was answered and, unless its client has asked for the wait, in how many ns.
  void count(const wire::Command& command, bool is_error, std::optional<uint64_t> took);
  void count_error(std::string_view code);
  // Whether it is the command that blocks, whose client has asked for the wait: the last one.
  bool is_wait(const Request& request) const {
    return !ordinary_ && is_blocked() && is_last(request);
  }
  // How long the command at the front of the input has been held by then, up to 65 seconds.
  uint16_t held_ms(uint64_t until_ns) const {
    return seldom_ && seldom_->held_bytes > 0 ? held_for(until_ns) : uint16_t{0};
  }
  uint16_t held_for(uint64_t until_ns) const;
  // What waits now is no wait for the proxy or a shard.
  void forget_hold() {
    if (seldom_) seldom_->held_bytes = 0;
  }
  // What is told of requests beside that they are counted (session_observation.cc).
  void remember(Request& request);
  void remember_long(Request& request);
  void keep_long_key(RequestHead& head, const wire::Command& command) const;
  // Of a request that has just been answered, `took` ns after it was asked.
  bool is_told(const Request& request, uint64_t took, size_t reply_size) const;
  void observe(const Request& request, const ReplyArrival& reply, size_t reply_size);
  bool is_kept_as_slow(uint64_t took);
  void note_size(const ObservedRequest& observed);
  void observe_answer(const wire::Command& command, size_t reply_size, uint64_t took);
  void pass_on(const Request& early, metrics::HistogramRun& order);
  void end_written();
  void tell_observed(uint64_t written_ns);
  // `took` is in nanoseconds; the request is about to be answered.
  void note_spike(const Request& request, uint64_t took);
  // Answers a request of this session's queue from here.
  void answer_here(Request* request, const ReplyView& reply);
  void answered_here(const wire::Command* command, std::string_view error_code,
                     size_t reply_size);  // empty: none
  const wire::RequestLimits& limits() const;
  bool has_room() const;
  void flush_ready();
  void after_progress();
  // Closes when more output waits than the limits allow.
  void close_over_limit() {
    const size_t bytes = connection_->out().size() + early_bytes_;
    if (!may_ask() || bytes > pool_.settings().limits.output_buffer) [[unlikely]]
      check_limits(bytes);
  }
  void check_limits(size_t bytes);
  void protocol_error(std::string_view what);
  void note_reply_size(size_t size);
  bool change_lane(const wire::Command& command, size_t request_size);
  bool choose_server(const wire::Command& command);
  void leave_ordinary();
  void unblock();
  void mark_queued();
  Unanswered find_unanswered(uint64_t key_hash, const Request* before) const;
  bool heed(const Request& request, const ReplyView& reply);
  void let_in(const Users& users, Login login);
  void note_refused(std::string_view user) const;
  void audit(std::string_view what) const;  // in the log, if that is asked for
  Upstream& reader_of(ShardConnections& shard);
  // Whether the command that was the `number`th of its queue, from 1, may be unanswered.
  bool awaits(uint64_t number) const { return !queue_.empty() && number > queue_.popped(); }

  Worker& worker_;
  Pool& pool_;
  wire::Connection* connection_ = nullptr;
  const uint64_t id_;
  const uint64_t created_ms_;
  wire::RequestParser parser_;
  SessionQueue queue_;
  size_t early_bytes_ = 0;  // of replies in the queue, and parts, that wait for their turn
  // A guess of what the next replies bring, so that a session does not ask for more than may be
  // pending: rises at once to the largest seen, falls by 1/16 of the difference a reply.
  size_t expected_reply_;
  static constexpr uint16_t kLargeStay = 16;  // small commands until large traffic counts as over
  uint32_t fetch_waits_ = 0;
  uint16_t large_left_ = 0;  // of those, counted down
  uint8_t protocol_ = 2;
  uint8_t database_ = 0;
  Lane lane_;
  Access access_ = Access::kNone;  // follows from login_
  bool guarded_ = true;            // see update_guard()
  Login login_;                    // among the users of the pool's settings
  // Of the command that is being routed: whether a replica may answer it; what it is once it is in
  // the queue.
  bool at_replica_ = false;
  bool may_spread_ = false;  // it would, if its key were hot
  bool is_write_ = false;
  bool is_replica_read_ = false;
  // Nothing but the main lane comes into question, and no answer means more than it says: the marks
  // below are not kept. Found out by the next command.
  bool ordinary_ = false;
  uint64_t last_write_ = 0;  // numbers of commands in queue_, see awaits()
  uint64_t last_replica_read_ = 0;
  // In pools that spread reads: no write of it was unanswered then, nor has come since; 0: it is
  // not known. Monotonic.
  uint64_t written_ns_ = 0;
  bool unsettled_ = false;
  Held held_ = Held::kNo;              // whether the command at the front of the input has to wait
  bool finishing_ = false;             // takes no more input
  metrics::CloseReason close_reason_;  // kError until something better is known
  wire::ClientWatch watch_;
  std::shared_ptr<const void> debt_;  // null before the first time-out
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<wire::Subscriptions> subscriber_;
  std::unique_ptr<Tracking> tracking_;
  struct Blocked {
    std::vector<PinLease> pins;
    bool waits;  // otherwise the one pin is kept for the next try
  };
  std::unique_ptr<Blocked> blocked_;
  struct Observed {
    ObservedRequest request;
    uint64_t answered_ns;
    bool is_slow;
    bool is_traced;
  };
  // What few clients have, of which there may be many thousands idle.
  struct Seldom {
    ClientNames names;
    std::vector<Observed> observed;  // answered, not yet taken by the kernel
    // So many bytes at the front of the input have been there since a command was held.
    size_t held_bytes = 0;
    uint64_t held_since_ns = 0;
  };
  std::unique_ptr<Seldom> seldom_;  // null at first
  Seldom& seldom() {
    if (!seldom_) seldom_ = std::make_unique<Seldom>();
    return *seldom_;
  }
  struct {
    uint64_t since_ns = 0;  // when the first of them was answered
    uint32_t replies = 0;
    uint32_t early = 0;        // of those: had to wait for their turn
  } unwritten_;                // answered, not yet taken by the kernel
  uint64_t counted_read_ = 0;  // bytes that the metrics know of
  uint64_t counted_written_ = 0;
};

template <typename Write>
void Session::reply(const wire::Command* command, Write write) {
  const bool in_order = queue_.empty() && reply_mode == ReplyMode::kOn;
  // With nothing to wait for, straight into the output.
  wire::OutputBuffer& out = in_order ? connection_->out() : scratch();
  wire::ReplyWriter writer(out, protocol_);
  write(writer);
  if (in_order) {
    answered_here(command, writer.error_code(), 0);
  } else {
    answer_here(expect_reply(command), ReplyView(out));
    out.clear();
  }
}

}  // namespace slotway::proxy
