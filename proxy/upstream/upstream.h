// Upstream: one pipelined connection of a worker to one shard, shared by its sessions.
//
// Requests are paired with replies first in, first out. The connection is opened at once and again,
// with growing pauses, whenever it is lost; while it is down, requests fail at once. A request that
// is not answered in time is failed and stays as a tombstone (request.h). The connection is given
// up when it has been silent for `stall` with requests waiting, when a reply is malformed or stray,
// and when it is lost: everything that waits on it fails then. The stream is never resynchronised.
// Owned by ShardConnections; one worker thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "metrics/worker_metrics.h"
#include "proxy/hotkeys/coherence.h"
#include "proxy/reply_view.h"
#include "proxy/request.h"
#include "proxy/scripts/script_cache.h"
#include "proxy/scripts/script_calls.h"
#include "proxy/topology.h"
#include "proxy/upstream/abilities.h"
#include "proxy/upstream/breaker.h"
#include "proxy/upstream/dialer.h"
#include "proxy/upstream/nearest.h"
#include "proxy/upstream/replication.h"
#include "proxy/upstream/send_times.h"
#include "wire/connection.h"
#include "wire/reply_framer.h"

namespace slotway::proxy {

class Worker;
class Upstream;

// What comes unasked on a connection of RESP3, and what must be there before it is asked.
class PushHandler {
 public:
  // A new connection is being made: nothing is left of what the server kept for the last one. What
  // is sent from here comes in front of all requests.
  virtual void on_attempt(Upstream& upstream) = 0;
  virtual void on_push(Upstream& upstream, ReplyView push) = 0;
  // The connection is gone, or was not to be had.
  virtual void on_lost(Upstream&) {}
  // The reply to a request that was pushed by push_handled(), in the order of all that comes.
  virtual void on_own_reply(Upstream&, ReplyView) {}
  // An error, "CODE text". False: nothing that was sent without an answer is refused by it.
  virtual bool on_refusal(std::string_view) { return false; }

 protected:
  ~PushHandler() = default;
};

class Upstream final : public wire::ConnectionHandler {
 public:
  // Bytes that may wait for a shard, and requests without a reply, tombstones included; beyond,
  // sessions that want more of it are held. Bytes alone would be no bound: a shard may take all of
  // them and answer none, and small requests weigh more than their bytes.
  static constexpr size_t kMaxQueuedBytes = 32u << 20;
  static constexpr size_t kMaxQueuedRequests = 128u << 10;

  // Starts to connect. `protocol` is 2 or 3. `push_handler`, of which there is none for a
  // connection that is sent nothing unasked, must outlive this.
  Upstream(Worker& worker, std::shared_ptr<const Shard> shard, const config::Timeouts& timeouts,
           metrics::ShardMetrics& metrics, Breaker& breaker, const Coherence& coherence,
           int protocol, PushHandler* push_handler = nullptr);

  const Shard& shard() const { return *shard_; }
  // For what may outlive the upstream.
  const std::shared_ptr<const Shard>& shard_reference() const { return shard_; }
  int protocol() const { return protocol_; }
  // Counts the connections that were made: what a server kept for an earlier one is gone.
  uint64_t attempts() const { return attempts_; }
  void update_timeouts(const config::Timeouts& timeouts) { timeouts_ = timeouts; }

  // False while the shard is known to be out of reach: fail the request with refuse().
  bool available() const {
    if (breaker_.open() || hopeless()) [[unlikely]]
      return !is_blocked() && connects();
    return connects();
  }
  // The same whatever is known of the shard: of what it answers even if it answers nothing else.
  bool connects() const {
    return failures_ == 0 ? state_ != State::kBackOff : state_ == State::kReady;
  }
  Error unavailable() const;  // why, while it is not
  // The same, of a request that is not given to it for that: counted.
  Error refuse() {
    metrics_.refused.add();
    return unavailable();
  }
  // Both available() and not congested(), and no more: it may be so when this is false.
  bool is_clear() const { return state_ == State::kReady && !breaker_.open() && !congested(); }
  bool congested() const {
    return output().size() > kMaxQueuedBytes || queue_.size() >= kMaxQueuedRequests;
  }
  bool ready() const { return state_ == State::kReady; }
  // Connected, with nothing unanswered.
  bool idle() const { return ready() && queue_.empty(); }
  // Asks the server for a sign of life, which closes the breaker. Requires ready().
  void probe();
  // Of probes; whether it is time for the next.
  const RoundTrip& round_trip() const { return round_trip_; }
  bool probe_due(uint64_t now_ns) const { return ready() && round_trip_.due(now_ns); }
  // Asks the server for its replication, unless that is under way. Requires ready().
  void ask_replication();
  // What it has said of that on this connection.
  const Replication& replication() const { return replication_; }
  // Whether a read that could as well go elsewhere can go here.
  bool can_be_read() const { return ready() && !declines_ && !breaker_.open() && !congested(); }

  // Where the bytes of the next request go; push() the request right behind them. Requires
  // available().
  wire::OutputBuffer& output() { return connection_ ? connection_->out() : unsent_; }
  const wire::OutputBuffer& output() const { return connection_ ? connection_->out() : unsent_; }
  void push(Request* request);
  // The same for what was written for the push handler, which gets the reply.
  void push_handled();
  // From now on, null: to nobody.
  void listen(PushHandler* push_handler) { push_handler_ = push_handler; }
  // Sends a command that has no reply: pushes may follow. False, and nothing is sent, while there
  // is no connection under way: see PushHandler::on_attempt().
  bool send_unanswered(std::initializer_list<std::string_view> args);
  // Has the requests pushed from now on executed in that database, if it gives kYes. Requires
  // available(), as do the next three.
  Abilities::State prepare(uint8_t database) {
    return database == database_ ? Abilities::State::kYes : select(database);
  }
  // Behind requests that may have left that database.
  void select_again();
  // Whether the server can do that, never kUnknown (abilities.h). Of kAsked held sessions are
  // resumed when it has answered.
  Abilities::State has_database(uint8_t database);
  Abilities::State has_transactions();
  // Whether it is known not to have it.
  bool lacks_database(uint8_t database) const;
  // Why it cannot do that, of kNo: "CODE text".
  std::string refusal(uint8_t ability) const { return std::string(abilities_.refusal(ability)); }
  // Asks the server which client of its own this is, for CLIENT UNBLOCK.
  void ask_client_id();
  // The answer to that: 0 before it has come, -1 if the server does not tell. Then it has also read
  // what follows at once.
  int64_t client_id() const { return client_id_; }
  // What the server at the end of this connection has been given, and is asked to run.
  ScriptCalls& script_calls();
  // Has the server know the script that the requests pushed from now on call. Requires
  // available().
  void load_script(const Script& script);
  // What was just pushed runs a script or a function.
  void note_script() { last_script_ = queue_.pushed(); }
  // Whether it has been silent for long with one of these in front of what was pushed last.
  bool waits_for_script(uint64_t now_ns) const;

  // While it is patient, requests may take any time: they wait for what others do.
  void be_patient(bool patient) { patient_ = patient; }
  bool is_patient() const { return patient_; }
  // Has the server give the wait up, and is lost for `reason` when that is done. What the server
  // had answered before still comes, unless it takes longer than a request may.
  void end_wait(std::string_view reason);

  // Every few milliseconds: `now_ns` is the monotonic clock.
  void tick(uint64_t now_ns);

  // Requests that were pushed and that were settled (answered or failed) so far. Once settled
  // reaches a value that pushed had, all requests of that time are settled.
  uint64_t pushed_count() const { return queue_.pushed(); }
  uint64_t settled_count() const { return settled_; }

  // No more requests will come: closes when the last is answered, or at once if there is none.
  void retire();
  // The same without waiting: what is in flight fails.
  void abandon(std::string_view reason = "the proxy stops");
  // The command whose answer shows that all in front of it was carried out or refused. With a push
  // handler an error may stand for what has no answer, so it is one that is never refused: a server
  // that is busy or loads refuses PING.
  std::string_view sign_of_life() const { return push_handler_ ? "HELLO" : "PING"; }
  // Whether it may be destroyed.
  bool closed() const { return retiring_ && !connection_; }

 private:
  enum class State : uint8_t { kConnecting, kHandshaking, kReady, kBackOff };

  // wire::ConnectionHandler
  size_t on_input(const wire::Input& input) override;
  size_t missing() const override { return framer_.missing(); }
  void on_connected() override;
  // A few requests more can wait for others as long as the server has many times as many to answer.
  bool expects_output() const override {
    constexpr uint64_t kMany = 4;
    return written_requests_ > queue_.popped() + kMany * (queue_.pushed() - written_requests_);
  }
  void before_write() override;
  void on_written() override;
  void on_close(std::string_view reason) override;

  void start_attempt();
  void attach(const Result<wire::Connection*>& connection);
  // What the proxy asks for itself: the `part` of a request without a command.
  enum class Own : uint8_t {
    kGreeting,
    kProbe,
    kSelect,
    kAbility,
    kClientId,
    kLoadScript,
    kReplication,
    kHandled
  };
  void begin_handshake();
  Request* push_own(Own what, uint64_t now_ns, uint8_t ability = 0);
  Abilities::State select(uint8_t database);
  Abilities::State ask(uint8_t ability, std::initializer_list<std::string_view> question);
  void learned(uint8_t ability, std::string_view line);
  // What was executed elsewhere than it was meant for, since a SELECT was declined.
  bool is_misplaced(const Request& request, const ReplyView& reply) const;
  void misplaced(Request* request);
  void greeted(std::string_view line);
  void became_ready();
  // Gives the connection up: fails what waits on it and plans the next attempt.
  void lose(std::string_view reason);
  void fail_all(std::string_view reason, bool sent);
  void note_replied(const Request& request) const;
  void finish(Request* request, const ReplyView& reply);
  // Of replies that came together: those that were read and sent together are counted together.
  // `for_client`: as the reply to a client's command, too.
  void count_reply(const Request& request, const SendTimes::Mark* mark, bool for_client);
  void count_replies();
  // Not before the request was delivered: its session frees what is in no upstream's queue.
  void leave_queue(Request* request);
  void handle_own_reply(const Request& request, const ReplyView& reply);
  // The script is not there after all that this request was to load.
  void note_not_loaded(const Request& request);
  // Whether the request, which called a script that the server does not have, was sent again.
  bool repeat_call(Request* request, const ReplyView& reply);
  // What an error says about the requests to come.
  void note_error(const ReplyView& reply);
  void note_success(const Request& request);
  void count_connection(bool established);
  void settle(Request* request);
  // Congested by tombstones alone: a session that is held would wait for longer than any time-out.
  // Output of a connection that was given up is there until it has closed.
  bool hopeless() const { return !first_unsettled_ && state_ != State::kBackOff && congested(); }
  // Whether requests would be in vain. A busy server is asked all the same where it would read it.
  bool is_blocked() const;
  // What was in front of a script is perhaps not answered either: its server writes nothing more.
  bool is_behind_script() const { return last_script_ > queue_.popped(); }
  // Whether requests in the queue may have reached the server.
  bool was_sent() const { return state_ == State::kReady || state_ == State::kHandshaking; }
  // `what` is one of shard_failure (error_kind.h), with more behind it.
  std::string failure_text(const Request& request, std::string_view what, bool sent) const;
  void time_out(Request* request);
  void time_out_requests(uint64_t now_ns);
  void end_output();

  Worker& worker_;
  const std::shared_ptr<const Shard> shard_;
  const bool is_replica_;  // of shard_, for each request asks it
  config::Timeouts timeouts_;
  metrics::ShardMetrics& metrics_;
  Breaker& breaker_;
  const Coherence& coherence_;
  const int protocol_;
  PushHandler* push_handler_;

  int64_t client_id_ = 0;
  static constexpr uint8_t kUnknownDatabase = 255;
  uint8_t database_ = 0;       // behind all that is in the output
  bool is_elsewhere_ = false;  // a SELECT was declined, and none has worked since
  Abilities abilities_;
  State state_ = State::kBackOff;
  Dialer dialer_;
  wire::Connection* connection_ = nullptr;  // destroys itself; null once it is given up
  wire::OutputBuffer unsent_;               // output before there is a connection
  UpstreamQueue queue_;
  std::unique_ptr<ScriptCalls> script_calls_;  // null before the first
  uint64_t last_script_ = 0;                   // the number of a request in queue_
  Request* first_unsettled_ = nullptr;         // of queue_: those before it are tombstones
  wire::ReplyFramer framer_;
  size_t framed_ = 0;     // bytes of an incomplete reply that framer_ has seen
  RoundTrip round_trip_;  // of probes
  Replication replication_;
  bool asks_replication_ = false;
  bool said_busy_ = false;  // in answer to the last probe
  bool declines_ = false;   // the last it said of itself was not that it serves
  std::string failure_;     // why the shard is out of reach
  uint64_t attempt_started_ns_ = 0;
  uint64_t next_attempt_ns_ = 0;
  uint64_t last_heard_ns_ = 0;
  uint64_t waiting_since_ns_ = 0;  // when the queue became non-empty
  uint64_t attempts_ = 0;
  uint32_t failures_ = 0;         // in a row
  uint64_t counted_written_ = 0;  // of connection_'s bytes, in the metrics already
  uint64_t counted_read_ = 0;
  uint64_t written_requests_ = 0;  // queue_.pushed() at the last write
  SendTimes send_times_;
  struct {
    const SendTimes::Mark* mark = nullptr;  // null: not known
    uint64_t started_ns = 0;
    const wire::Command* command = nullptr;  // null: whoever answers the client counts it
    uint16_t held_ms = 0;
    uint64_t count = 0;
  } replies_;  // not in the metrics yet
  uint64_t settled_ = 0;
  bool retiring_ = false;
  bool patient_ = false;
  uint64_t wait_ends_ns_ = 0;  // 0: no end of a wait is under way
  std::string end_reason_;     // of that
};

}  // namespace slotway::proxy
