// Transaction: what a session is about to run as one, from its first WATCH or its MULTI until EXEC,
// DISCARD or UNWATCH.
//
// The commands behind MULTI are kept here and sent as one block on one connection, when EXEC comes:
// their keys share a slot, unless the pool has one shard. Those that the proxy answers itself are
// carried out behind the block (exec_run.h). WATCH takes a connection of the session's
// own (pins.h), by which all commands of the session to that shard go until the end. A connection
// that is lost meanwhile counts as a change of what was watched.
// Owned by its session; one worker thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/router.h"
#include "proxy/transactions/admission.h"
#include "proxy/transactions/exec_run.h"
#include "wire/output_buffer.h"
#include "wire/sha1.h"

namespace slotway::proxy {

struct LocalCall;

class Transaction {
 public:
  explicit Transaction(Session& session);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Whether MULTI was given: commands are queued.
  bool is_open() const { return open_; }
  size_t size() const { return commands_.size(); }
  // Of the commands for the shard, as they will be sent.
  const wire::OutputBuffer& bytes() const { return bytes_; }
  // The commands for the proxy.
  const std::vector<QueuedHere>& here() const { return here_; }
  // Whether EXEC would not refuse them for what was wrong at queueing.
  bool will_run() const { return open_ && !spoilt_; }
  // A command was refused: EXEC will fail. If it was the first WATCH, all is over.
  void spoil();
  // The connection for what the session asks of that shard; null: the one of everybody.
  Upstream* pin_to(const Pins& pins) const;
  bool is_pinned() const { return static_cast<bool>(pin_); }
  // EXEC, DISCARD or UNWATCH was sent. It ends when the session is owed no answer: what
  // comes behind may go by another connection.
  bool is_over() const { return over_; }
  // EXEC is under way and waits for answers; otherwise null.
  ExecRun* run() const { return run_.get(); }
  // Ends it without running anything.
  void abandon();

  // The commands of these names. Behind each, Session::end_transaction().
  void multi(const LocalCall& call);
  void exec(const LocalCall& call);
  void discard(const LocalCall& call);
  void watch(const LocalCall& call);
  void unwatch(const LocalCall& call);
  // Of any request of its session, when it is answered.
  void answered(const Request& request, const ReplyView& reply);
  // Of a command behind MULTI that is not run at once.
  Routed queue(const wire::Command& command, const wire::Request& request,
               const wire::BlockRef& block);

 private:
  // Which limit the transaction would break with it, as an error line, or empty.
  std::string excess(const wire::Request& request) const;
  // Why it cannot be queued behind what is, or empty.
  std::string refusal(const wire::Command& command, const Admission& admission);
  void keep_here(const wire::Request& request, const Admission& admission);
  void add_to_block(const wire::Request& request, const wire::BlockRef& block);
  void note_keys(const wire::Command& command, wire::Args args);
  void note_scripts(const wire::Command& command, wire::Args args);
  bool take_slot(wire::Slot slot);
  // What its shard says while it is busy with a script: then it takes nothing, as Redis. Or empty.
  std::string busy_error(const wire::Command& command) const;
  Destination destination() const;
  // Sends it, or answers why not.
  Routed run_block(const wire::Command& exec);
  void go_on(const LocalCall& exec);
  void send(Upstream& upstream, const wire::Command& exec);
  void forget_watched();
  bool watch_is_lost() const;
  void finish();

  Session& session_;
  bool open_ = false;
  bool spoilt_ = false;
  bool over_ = false;
  bool runs_scripts_ = false;
  bool asks_all_ = false;           // a command for all shards is among those here
  bool needs_one_shard_ = false;    // as the pool had: it has keys of several slots, say
  std::optional<wire::Slot> slot_;  // of all keys so far
  std::vector<const wire::Command*> commands_;
  wire::OutputBuffer bytes_;         // of the commands for the shard
  std::vector<wire::Sha1> scripts_;  // that they call by digest
  std::vector<QueuedHere> here_;
  size_t bytes_here_ = 0;
  NamedKeys named_;  // by what was queued and watched
  std::unique_ptr<ExecRun> run_;
  PinLease pin_;
  const wire::Command* watch_ = nullptr;  // once it was sent
  size_t unanswered_watches_ = 0;
  bool watches_ = false;    // one has worked
  bool unguarded_ = false;  // something to be watched is not
};

// Whether the next command of the session is an EXEC that is under way.
inline bool has_begun_exec(const Session& session) {
  return session.transaction() && session.transaction()->run();
}

}  // namespace slotway::proxy
