// ExecRun: an EXEC under way, of a transaction in which are commands that the proxy carries out.
//
// The shard runs its commands first, as one block. If it has done so the proxy carries out its own,
// each behind the answer of the one before, in the order of the queue; otherwise none. Until all of
// it is done EXEC stays at the front of the session's input, and whatever the session is answered
// is kept here (Session::ReplyMode::kKept): in the end it goes out as one array. Behind it come the
// messages that the session got meanwhile, and the session's end if one of the commands asked for
// that. A client that goes earlier takes with it what was not carried out yet.
// Owned by its Transaction; one worker thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/worker_metrics.h"
#include "proxy/fanout/reply_cursor.h"
#include "proxy/reply_view.h"
#include "proxy/router.h"

namespace slotway::proxy {

// A command behind MULTI that the proxy carries out.
struct QueuedHere {
  size_t index;         // among all that are queued
  std::string request;  // its bytes
  bool is_at_shard;     // SELECT: the shard carries it out too, for what comes behind it there
};

class ExecRun {
 public:
  // `queued`, the rows of all commands, and `here`, in the same order, outlive this. `has_block`:
  // the first that the session is answered will be what the shard says of its block.
  ExecRun(Session& session, const std::vector<const wire::Command*>& queued,
          const std::vector<QueuedHere>& here, bool has_block);
  ExecRun(const ExecRun&) = delete;
  ExecRun& operator=(const ExecRun&) = delete;

  // Of what the session is answered.
  void keep(const ReplyView& reply);
  // For messages to the session.
  wire::OutputBuffer& pushes() { return pushes_; }
  // Goes on as far as it can. kDone: `exec` is answered.
  Routed go_on(const wire::Command& exec);

  // The session is to finish for that reason behind this.
  void finish_behind(metrics::CloseReason reason) { finish_behind_ = reason; }
  std::optional<metrics::CloseReason> finishes_behind() const { return finish_behind_; }

 private:
  // False: the block was not run, and what the shard said of it is the answer.
  bool enter_block();
  void take_from_block();
  void take_select(const QueuedHere& command);
  Routed carry_out_here(const QueuedHere& command);
  void answer(const ReplyView& reply);

  Session& session_;
  const std::vector<const wire::Command*>& queued_;
  const std::vector<QueuedHere>& here_;
  const Session::ReplyMode mode_;  // to go back to
  const bool has_block_;
  bool block_is_answered_ = false;
  bool has_begun_ = false;
  StoredReply block_;  // what the shard said
  ReplyCursor from_block_;
  size_t next_ = 0;         // of queued_
  size_t next_here_ = 0;    // of here_
  size_t kept_ = 0;         // bytes, which the session knows of
  wire::OutputBuffer out_;  // the array
  wire::OutputBuffer pushes_;
  std::optional<metrics::CloseReason> finish_behind_;
};

}  // namespace slotway::proxy
